import { type DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { dynamoOpenMachines } from './open-machines.ts';

function failing(name: string, $fault: 'client' | 'server') {
  return new DynamoDBServiceException({ name, $fault, $metadata: {}, message: name });
}

it.each([
  {
    name: 'a connection that breaks',
    error: Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }),
    told: 'StoreUnavailable',
  },
  { name: 'a fault of DynamoDB', error: failing('InternalServerError', 'server'), told: 'StoreUnavailable' },
  { name: 'haste', error: failing('ProvisionedThroughputExceededException', 'client'), told: 'StoreUnavailable' },
  { name: 'a table that is not there', error: failing('ResourceNotFoundException', 'client'), told: 'ResourceNotFoundException' },
])(
  'an order that is not written down for $name is told as $told, which decides whether its step is tried again',
  async ({ error, told }) => {
    const send = (async () => {
      throw error;
    }) as DynamoDBClient['send'];
    const order = { machine: 'drift-scan', name: 'n', tenant: 't', input: {}, traceparent: null };
    await expect(dynamoOpenMachines({ send }, 'open').enter(order)).rejects.toMatchObject({ name: told });
  },
);
