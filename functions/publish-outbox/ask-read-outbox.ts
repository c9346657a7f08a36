import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Rung } from '#adapters/dynamodb/bell.ts';
import type { IntentState } from '#adapters/postgres/outbox.ts';
import type { Sealed } from '#core/audit/index.ts';
import { invoking } from '#functions/_stores/invoking.ts';
import type { KeptOrder } from './order-schedule.ts';
import type { Told } from './recover-machine.ts';

/** The outbox through the function that lives beside the database. */
export function askReadOutbox(client: Pick<LambdaClient, 'send'>, functionName: string) {
  const invoke = invoking(client, functionName);
  return {
    ask: async ({ tenant, intent }: Rung) => (await invoke({ tenant, intent })) as IntentState,
    newestOrder: async (tenant: string, scheduled: string) =>
      ((await invoke({ tenant, scheduled })) as { readonly order: KeptOrder | null }).order ?? undefined,
    seal: async (tenant: string) => {
      while (((await invoke({ tenant, seal: true })) as Sealed).more);
    },
    standing: async ({ machine, name, tenant }: { readonly machine: string; readonly name: string; readonly tenant: string }) =>
      (await invoke({ tenant, machine, name })) as Told,
    mark: async (tenant: string, published: readonly string[]) => void (await invoke({ tenant, published })),
  };
}
