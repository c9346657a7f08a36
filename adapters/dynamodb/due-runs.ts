import { type AttributeValue, DeleteItemCommand, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { scanPages } from './scan-pages.ts';
import { asUnavailable } from './unavailable.ts';
import { unlessConditionFails } from './unless-condition-fails.ts';

const STORE = 'The table of runs that are due';

/** A schedule as it was when a run of it was expected. */
export interface ExpectedBy {
  /** Its name in the Scheduler. */
  readonly schedule: string;
  readonly tenant: string;
  readonly expression: string;
  readonly timezone: string;
}

export interface DueRun extends ExpectedBy {
  readonly dueAt: Date;
}

/**
 * When each schedule that is enabled runs next: an item per schedule, written with it and moved on by each of its runs. So whoever looks for
 * runs that did not come asks no database.
 */
export function dynamoDueRuns(client: Pick<DynamoDBClient, 'send'>, table: string) {
  const sent = async <T>(sending: Promise<T>): Promise<T> =>
    sending.catch((error: unknown) => {
      throw asUnavailable(STORE, error);
    });
  return {
    /** The schedule is as this says from now on, whatever was expected before. */
    async expect(by: ExpectedBy, dueAt: Date): Promise<void> {
      const { schedule, tenant, expression, timezone } = by;
      const Item = {
        pk: { S: schedule },
        tenant: { S: tenant },
        expression: { S: expression },
        timezone: { S: timezone },
        dueAt: { N: String(dueAt.getTime()) },
      };
      await sent(client.send(new PutItemCommand({ TableName: table, Item })));
    },
    /** It ran, and runs next at `dueAt`. Nothing happens where it has been changed since or is no more, or where a later run is known. */
    async ran({ schedule, tenant, expression, timezone }: ExpectedBy, dueAt: Date): Promise<void> {
      const update = new UpdateItemCommand({
        TableName: table,
        Key: { pk: { S: schedule } },
        UpdateExpression: 'SET dueAt = :dueAt',
        ConditionExpression: 'tenant = :tenant AND #expression = :expression AND #timezone = :timezone AND dueAt < :dueAt',
        ExpressionAttributeNames: { '#expression': 'expression', '#timezone': 'timezone' },
        ExpressionAttributeValues: {
          ':tenant': { S: tenant },
          ':expression': { S: expression },
          ':timezone': { S: timezone },
          ':dueAt': { N: String(dueAt.getTime()) },
        },
      });
      await unlessConditionFails(STORE, client.send(update));
    },
    /** No run of it is expected any more. */
    forget: async (schedule: string): Promise<void> =>
      void (await sent(client.send(new DeleteItemCommand({ TableName: table, Key: { pk: { S: schedule } } })))),
    /** Those that should have come before `before`, a page at a time, in no order. */
    async *overdue(before: Date): AsyncGenerator<readonly DueRun[]> {
      const pages = scanPages(client, {
        TableName: table,
        FilterExpression: 'dueAt < :before',
        ExpressionAttributeValues: { ':before': { N: String(before.getTime()) } },
      });
      try {
        for await (const page of pages) yield page.map(fromItem);
      } catch (error) {
        throw asUnavailable(STORE, error);
      }
    },
  };
}

function fromItem(item: Record<string, AttributeValue>): DueRun {
  const text = (field: string) => item[field]?.S ?? '';
  return {
    schedule: text('pk'),
    tenant: text('tenant'),
    expression: text('expression'),
    timezone: text('timezone'),
    dueAt: new Date(Number(item['dueAt']?.N)),
  };
}
