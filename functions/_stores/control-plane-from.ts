import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { type Bell, type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import type { Postgres } from '#adapters/postgres/pool.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { clientTimeouts } from './client-timeouts.ts';
import { postgresFrom } from './postgres-from.ts';

/** The control plane of one container. A function that is given no bell table cannot record facts, and is told so when it tries. */
export function controlPlaneFrom(env: Environment, pool: Postgres = postgresFrom(env)): ControlPlane {
  return controlPlane({ pool, bell: bellFrom(env) });
}

export function bellFrom(env: Environment): Bell {
  const table = env['BELL_TABLE'];
  return table ? dynamoBell(new DynamoDBClient(clientTimeouts()), table) : noBell;
}

const noBell: Bell = {
  async ring() {
    throw new Error('The function recorded a fact, but the deployment gave it no BELL_TABLE.');
  },
};
