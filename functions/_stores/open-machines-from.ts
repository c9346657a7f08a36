import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoOpenMachines } from '#adapters/dynamodb/open-machines.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { clientTimeouts } from './client-timeouts.ts';
import { required } from './required.ts';

export function openMachinesFrom(env: Environment, client = new DynamoDBClient(clientTimeouts())) {
  return dynamoOpenMachines(client, required(env, 'OPEN_TABLE'));
}
