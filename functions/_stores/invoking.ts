import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** Another function's answer; what it throws is thrown here. */
export function invoking(client: Pick<LambdaClient, 'send'>, functionName: string) {
  return async (request: object): Promise<unknown> => {
    const answer = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(request)) }));
    const text = Buffer.from(answer.Payload ?? []).toString('utf8');
    if (answer.FunctionError) throw new Error(`${functionName} failed: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
}
