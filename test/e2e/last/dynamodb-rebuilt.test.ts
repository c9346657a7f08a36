import { type AttributeValue, DeleteItemCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { tableNamed } from '../../support/table-named.ts';

type Item = Readonly<Record<string, AttributeValue>>;

const app = inject('app');
/** Of a run whose tenants are all of the region's. */
const isWhole = inject('enforcesIam');
const dynamo = new DynamoDBClient(app.aws);
const lambda = new LambdaClient(app.aws);
afterAll(() => {
  dynamo.destroy();
  lambda.destroy();
});

async function itemsOf(TableName: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName })) items.push(...Items);
  const keyOf = ({ pk, sk }: Item) => `${pk?.S} ${sk?.S}`;
  return items.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

async function emptied(TableName: string): Promise<readonly Item[]> {
  const items = await itemsOf(TableName);
  for (const { pk, sk } of items) {
    if (!pk || !sk) throw new Error(`an item of ${TableName} without a key`);
    await dynamo.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }));
  }
  expect(await itemsOf(TableName)).toEqual([]);
  return items;
}

async function rebuild(): Promise<void> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({
      FunctionName: app.outputs.AdministerFunctionName,
      Payload: Buffer.from(JSON.stringify({ action: 'rebuild' })),
    }),
  );
  expect(FunctionError, Buffer.from(Payload ?? []).toString()).toBeUndefined();
}

describe.skipIf(!isWhole)('DynamoDB after the whole run', () => {
  it('holds nothing that cannot be made anew from Postgres', async () => {
    const tables = await Promise.all(['TablesMemberships', 'TablesRouting'].map((word) => tableNamed(dynamo, word)));
    const before = await Promise.all(tables.map(emptied));
    for (const items of before) expect(items.length).toBeGreaterThan(1);
    for (const _ of ['where there is nothing', 'where all is there']) {
      await rebuild();
      expect(await Promise.all(tables.map(itemsOf))).toEqual(before);
    }
  });
});
