import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoDueRuns } from '#adapters/dynamodb/due-runs.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { clientTimeouts } from './client-timeouts.ts';
import { required } from './required.ts';

export function dueRunsFrom(env: Environment, client = new DynamoDBClient(clientTimeouts())) {
  return dynamoDueRuns(client, required(env, 'DUE_TABLE'));
}
