import { CreateTableCommand, DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Routing, RoutingEntry } from '#core/serving/index.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { dynamoRouting } from './routing.ts';

const arm = {
  versionId: 'v-1',
  version: 1,
  artifactKey: 'tenants/t/artifacts/a/model.onnx',
  signatureKey: 'tenants/t/artifacts/b/signature.json',
};
const entry: RoutingEntry = {
  tenant: 't',
  model: 'flights',
  modelId: 'm',
  ...arm,
  revision: 3,
  arms: [
    { ...arm, weight: 0.9 },
    { ...arm, version: 2, weight: 0.1 },
  ],
};

function failing(name: string, $fault: 'client' | 'server') {
  return new DynamoDBServiceException({ name, $fault, $metadata: {}, message: name });
}

let aws: TestAws;
let routing: Routing;

beforeAll(async () => {
  aws = await startAws();
  const client = new DynamoDBClient(aws.config);
  await client.send(
    new CreateTableCommand({
      TableName: 'routing',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
  routing = dynamoRouting(client, 'routing');
});
afterAll(() => aws.stop());

describe('the routing table', () => {
  it('gives back what was written, to its tenant only', async () => {
    await routing.write(entry);
    expect(await routing.read('t', 'flights')).toEqual(entry);
    expect(await routing.read('u', 'flights')).toBeUndefined();
    expect(await routing.read('t', 'other')).toBeUndefined();
  });

  it('takes the same entry again as done', async () => {
    await routing.write(entry);
    expect(await routing.read('t', 'flights')).toEqual(entry);
  });

  it('refuses another entry of the same revision', async () => {
    await expect(routing.write({ ...entry, version: 9 })).rejects.toMatchObject({ name: 'moved_meanwhile', failure: { revision: 3 } });
    expect(await routing.read('t', 'flights')).toEqual(entry);
  });

  it('takes an older one as done, and keeps what is there', async () => {
    await routing.write({ ...entry, version: 9, revision: 2 });
    expect(await routing.read('t', 'flights')).toEqual(entry);
  });

  it.each([
    {
      name: 'a connection that breaks',
      error: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      told: 'StoreUnavailable',
    },
    { name: 'a fault of DynamoDB', error: failing('InternalServerError', 'server'), told: 'StoreUnavailable' },
    { name: 'haste', error: failing('ProvisionedThroughputExceededException', 'client'), told: 'StoreUnavailable' },
    { name: 'a table that is not there', error: failing('ResourceNotFoundException', 'client'), told: 'ResourceNotFoundException' },
  ])('tells $name as $told', async ({ error, told }) => {
    const send = (async () => {
      throw error;
    }) as DynamoDBClient['send'];
    await expect(dynamoRouting({ send }, 'routing').write(entry)).rejects.toMatchObject({ name: told });
  });

  it('moves on, and of racing writers the highest revision stays', async () => {
    await Promise.all([6, 4, 7, 5].map((revision) => routing.write({ ...entry, revision })));
    expect(await routing.read('t', 'flights')).toEqual({ ...entry, revision: 7 });
  });
});
