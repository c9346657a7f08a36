import { type DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { RoutingEntry } from '#core/serving/index.ts';
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
  unserved: 0,
  arms: [
    { ...arm, weight: 0.9 },
    { ...arm, version: 2, weight: 0.1 },
  ],
};

function failing(name: string, $fault: 'client' | 'server') {
  return new DynamoDBServiceException({ name, $fault, $metadata: {}, message: name });
}

describe('the routing table', () => {
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

  it('reads an item from before there were rollouts: everybody is served', async () => {
    const version = {
      versionId: { S: arm.versionId },
      version: { N: '1' },
      artifactKey: { S: arm.artifactKey },
      signatureKey: { S: arm.signatureKey },
    };
    const Item = {
      pk: { S: 't' },
      sk: { S: 'flights' },
      modelId: { S: 'm' },
      ...version,
      revision: { N: '3' },
      arms: { L: [{ M: { ...version, weight: { N: '1' } } }] },
    };
    const send = (async () => ({ Item })) as unknown as DynamoDBClient['send'];
    expect(await dynamoRouting({ send }, 'routing').read('t', 'flights')).toEqual({ ...entry, arms: [{ ...arm, weight: 1 }] });
  });
});
