import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '#core/kernel/index.ts';
import type { Arm, Routing, RoutingEntry } from '#core/serving/index.ts';
import { asUnavailable } from './unavailable.ts';

const STORE = 'The routing table';

/** What serves, by tenant and model: `pk` is the tenant, `sk` the model's name. */
export function dynamoRouting(client: Pick<DynamoDBClient, 'send'>, table: string): Routing {
  return {
    async read(tenant, model) {
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { pk: { S: tenant }, sk: { S: model } } }));
      return Item && fromItem(Item);
    },

    async write(entry) {
      const put = new PutItemCommand({
        TableName: table,
        Item: toItem(entry),
        ConditionExpression: 'attribute_not_exists(pk) OR #revision < :revision',
        ExpressionAttributeNames: { '#revision': 'revision' },
        ExpressionAttributeValues: { ':revision': { N: String(entry.revision) } },
      });
      try {
        await client.send(put);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw asUnavailable(STORE, error);
        await refuseUnlessDone(client, table, entry);
      }
    },
  };
}

async function refuseUnlessDone(client: Pick<DynamoDBClient, 'send'>, table: string, entry: RoutingEntry): Promise<void> {
  const key = { pk: { S: entry.tenant }, sk: { S: entry.model } };
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true })).catch((error: unknown) => {
    throw asUnavailable(STORE, error);
  });
  const current = Item && fromItem(Item);
  if (current && current.revision > entry.revision) return;
  if (current && JSON.stringify(toItem(current)) === JSON.stringify(toItem(entry))) return;
  throw new DomainError({ code: 'moved_meanwhile', revision: current?.revision ?? entry.revision });
}

type Item = Record<string, AttributeValue>;

function toItem({ tenant, model, modelId, revision, unserved, arms, ...live }: RoutingEntry): Item {
  return {
    pk: { S: tenant },
    sk: { S: model },
    modelId: { S: modelId },
    ...versionItem(live),
    revision: { N: String(revision) },
    unserved: { N: String(unserved) },
    arms: { L: arms.map((arm) => ({ M: { ...versionItem(arm), weight: { N: String(arm.weight) } } })) },
  };
}

type Version = Omit<Arm, 'weight'>;

function versionItem({ versionId, version, artifactKey, signatureKey }: Version): Item {
  return {
    versionId: { S: versionId },
    version: { N: String(version) },
    artifactKey: { S: artifactKey },
    signatureKey: { S: signatureKey },
  };
}

function fromItem(item: Item): RoutingEntry {
  return {
    tenant: text(item, 'pk'),
    model: text(item, 'sk'),
    modelId: text(item, 'modelId'),
    ...versionOf(item),
    revision: number(item, 'revision'),
    // Not in items from before there were rollouts.
    unserved: item['unserved'] ? number(item, 'unserved') : 0,
    arms: (item['arms']?.L ?? []).map(({ M = {} }) => ({ ...versionOf(M), weight: number(M, 'weight') })),
  };
}

function versionOf(item: Item): Version {
  return {
    versionId: text(item, 'versionId'),
    version: number(item, 'version'),
    artifactKey: text(item, 'artifactKey'),
    signatureKey: text(item, 'signatureKey'),
  };
}

function text(item: Item, name: string): string {
  const value = item[name]?.S;
  if (value === undefined) throw new Error(`A routing item has no "${name}"`);
  return value;
}

function number(item: Item, name: string): number {
  const value = Number(item[name]?.N);
  if (!Number.isFinite(value)) throw new Error(`A routing item has no number "${name}"`);
  return value;
}
