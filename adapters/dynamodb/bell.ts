import { type AttributeValue, DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { StoreUnavailable } from '#core/kernel/index.ts';

export interface Rung {
  readonly intent: string;
  readonly tenant: string;
  readonly rungAt: Date;
}

/** Long after the publisher has given up; removes what a lost stream left behind. */
const FORGOTTEN_SECONDS = 24 * 60 * 60;

/** The bell that wakes the publisher through the table's stream. */
export function dynamoBell(client: Pick<DynamoDBClient, 'send'>, table: string, now: () => Date = () => new Date()) {
  return {
    async ring(intent: string, tenant: string): Promise<void> {
      const at = now().getTime();
      const put = new PutItemCommand({
        TableName: table,
        Item: {
          pk: { S: intent },
          tenant: { S: tenant },
          rungAt: { N: String(at) },
          expiresAt: { N: String(Math.floor(at / 1000) + FORGOTTEN_SECONDS) },
        },
      });
      await client.send(put).catch((cause: unknown) => {
        throw new StoreUnavailable('The outbox bell', { cause });
      });
    },
    async silence(intent: string): Promise<void> {
      await client.send(new DeleteItemCommand({ TableName: table, Key: { pk: { S: intent } } }));
    },
  };
}

/** A bell as the table's stream shows it. */
export function rungFrom(item: Readonly<Record<string, AttributeValue>>): Rung {
  const { pk, tenant, rungAt } = item as Readonly<Record<'pk' | 'tenant' | 'rungAt', AttributeValue | undefined>>;
  if (!pk?.S || !tenant?.S || !rungAt?.N) throw new Error(`A bell without intent, tenant or time: ${JSON.stringify(Object.keys(item))}`);
  return { intent: pk.S, tenant: tenant.S, rungAt: new Date(Number(rungAt.N)) };
}
