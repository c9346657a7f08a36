import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Rung } from '#adapters/dynamodb/bell.ts';
import type { IntentState } from '#adapters/postgres/outbox.ts';

/** The outbox through the function that lives beside the database. */
export function askReadOutbox(client: Pick<LambdaClient, 'send'>, functionName: string) {
  async function invoke(request: object): Promise<unknown> {
    const answer = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(request)) }));
    const text = Buffer.from(answer.Payload ?? []).toString('utf8');
    if (answer.FunctionError) throw new Error(`${functionName} failed: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
  return {
    ask: async ({ tenant, intent }: Rung) => (await invoke({ tenant, intent })) as IntentState,
    mark: async (tenant: string, published: readonly string[]) => void (await invoke({ tenant, published })),
  };
}
