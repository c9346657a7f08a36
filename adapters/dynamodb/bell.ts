import { type AttributeValue, DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { scanPages } from './scan-pages.ts';
import { asUnavailable } from './unavailable.ts';

export interface Rung {
  /** The intent whose messages wait; what names the bell when it stands for a check. */
  readonly intent: string;
  readonly tenant: string;
  readonly rungAt: Date;
  /** Asks whether this execution still runs; there are no messages. */
  readonly execution?: string | undefined;
}

/** As long as dead letters wait: a fault that is mended before they are gone has lost no bell either. */
const FORGOTTEN_SECONDS = 14 * 24 * 60 * 60;

/** The bell that wakes the publisher through the table's stream. */
export function dynamoBell(client: Pick<DynamoDBClient, 'send'>, table: string, now: () => Date = () => new Date()) {
  async function put(pk: string, tenant: string, more: Record<string, AttributeValue> = {}): Promise<void> {
    const at = now().getTime();
    const expiresAt = { N: String(Math.floor(at / 1000) + FORGOTTEN_SECONDS) };
    const Item = { pk: { S: pk }, tenant: { S: tenant }, rungAt: { N: String(at) }, expiresAt, ...more };
    await client.send(new PutItemCommand({ TableName: table, Item })).catch((cause: unknown) => {
      throw asUnavailable('The outbox bell', cause);
    });
  }
  return {
    ring: (intent: string, tenant: string): Promise<void> => put(intent, tenant),
    /** One bell per execution, however often somebody asks. */
    ringToCheck: (execution: string, tenant: string): Promise<void> => put(`check/${execution}`, tenant, { execution: { S: execution } }),
    /** The bells that still hang there though they were rung before `before`, a page at a time. */
    unheard: (before: Date) =>
      scanPages(client, {
        TableName: table,
        FilterExpression: 'rungAt < :before',
        ExpressionAttributeValues: { ':before': { N: String(before.getTime()) } },
      }),
    async silence(intent: string): Promise<void> {
      await client.send(new DeleteItemCommand({ TableName: table, Key: { pk: { S: intent } } }));
    },
  };
}

/** A bell as the table and its stream show it. */
export function rungFrom(item: Readonly<Record<string, AttributeValue>>): Rung {
  const { pk, tenant, rungAt, execution } = item as Readonly<Record<'pk' | 'tenant' | 'rungAt' | 'execution', AttributeValue | undefined>>;
  if (!pk?.S || !tenant?.S || !rungAt?.N) throw new Error(`A bell without intent, tenant or time: ${JSON.stringify(Object.keys(item))}`);
  return { intent: pk.S, tenant: tenant.S, rungAt: new Date(Number(rungAt.N)), execution: execution?.S };
}
