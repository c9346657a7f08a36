import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoOpenMachines } from '../../adapters/dynamodb/open-machines.ts';
import type { TestAws } from './aws.ts';
import { newTable } from './new-table.ts';

/** The list of open machines in a table of its own. */
export async function openMachinesIn(aws: Pick<TestAws, 'config'>, now?: () => Date) {
  const dynamo = new DynamoDBClient(aws.config);
  return dynamoOpenMachines(dynamo, await newTable(dynamo, ['pk']), now);
}
