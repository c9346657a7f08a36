import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoOpenMachines } from '../../adapters/dynamodb/open-machines.ts';
import type { TestAws } from './aws.ts';

/** The list of open machines in a table of its own. */
export async function openMachinesIn(aws: Pick<TestAws, 'config'>, now?: () => Date) {
  const dynamo = new DynamoDBClient(aws.config);
  const TableName = `open-${randomUUID()}`;
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  return dynamoOpenMachines(dynamo, TableName, now);
}
