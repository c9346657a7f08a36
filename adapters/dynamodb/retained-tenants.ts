import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Retained, RetainedTenants } from '#core/retention/index.ts';
import { type Item, scanPages } from './scan-pages.ts';
import { asUnavailable } from './unavailable.ts';
import { unlessConditionFails } from './unless-condition-fails.ts';

const STORE = 'The table of retained tenants';
const KNOWN_BEFORE = 'attribute_not_exists(pk) OR policyVersion < :version';

/** An item per tenant whose policy says how long something is kept. An empty table, or one in which nobody is due, wakes no database. */
export function dynamoRetainedTenants(client: Pick<DynamoDBClient, 'send'>, table: string): RetainedTenants {
  const version = (of: number) => ({ ':version': { N: String(of) } });
  const time = (of: Date) => ({ N: String(of.getTime()) });
  const update = ({ tenant }: Pick<Retained, 'tenant'>, change: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) =>
    unlessConditionFails(STORE, client.send(new UpdateItemCommand({ TableName: table, Key: { pk: { S: tenant } }, ...change })));
  return {
    async enter({ tenant, policyVersion, retention, dueAt }) {
      const policy = { policyVersion: { N: String(policyVersion) }, retention: { S: JSON.stringify(retention) } };
      const put = new PutItemCommand({
        TableName: table,
        Item: { pk: { S: tenant }, ...policy, dueAt: time(dueAt) },
        ConditionExpression: KNOWN_BEFORE,
        ExpressionAttributeValues: version(policyVersion),
      });
      await unlessConditionFails(STORE, client.send(put));
    },
    async leave(tenant, policyVersion) {
      const remove = new DeleteItemCommand({
        TableName: table,
        Key: { pk: { S: tenant } },
        ConditionExpression: KNOWN_BEFORE,
        ExpressionAttributeValues: version(policyVersion),
      });
      await unlessConditionFails(STORE, client.send(remove));
    },
    async due(now) {
      const items: Item[] = [];
      const pages = scanPages(client, {
        TableName: table,
        FilterExpression: 'dueAt <= :now',
        ExpressionAttributeValues: { ':now': time(now) },
      });
      try {
        for await (const page of pages) items.push(...page);
      } catch (error) {
        throw asUnavailable(STORE, error);
      }
      return items.map(retainedOf).sort((one, other) => one.dueAt.getTime() - other.dueAt.getTime());
    },
    async begin(at, now) {
      const begun = await update(at, {
        UpdateExpression: 'SET asOf = if_not_exists(asOf, :now)',
        ConditionExpression: 'policyVersion = :version',
        ExpressionAttributeValues: { ...version(at.policyVersion), ':now': time(now) },
        ReturnValues: 'ALL_NEW',
      });
      return begun?.Attributes && retainedOf(begun.Attributes).asOf;
    },
    async finish(at, asOf, dueAt) {
      await update(at, {
        UpdateExpression: 'SET dueAt = :dueAt REMOVE asOf',
        ConditionExpression: 'policyVersion = :version AND asOf = :asOf',
        ExpressionAttributeValues: { ...version(at.policyVersion), ':asOf': time(asOf), ':dueAt': time(dueAt) },
      });
    },
  };
}

function retainedOf(item: Readonly<Record<string, AttributeValue | undefined>>): Retained {
  const { pk, policyVersion, retention, dueAt, asOf } = item as Readonly<
    Record<string, { readonly S?: string; readonly N?: string } | undefined>
  >;
  if (!pk?.S || !policyVersion?.N || !retention?.S || !dueAt?.N) throw new Error(`A retained tenant without policy or time: ${pk?.S}`);
  return {
    tenant: pk.S,
    policyVersion: Number(policyVersion.N),
    retention: JSON.parse(retention.S) as Retained['retention'],
    dueAt: new Date(Number(dueAt.N)),
    asOf: asOf?.N === undefined ? undefined : new Date(Number(asOf.N)),
  };
}
