import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Postgres, postgresPool } from '#adapters/postgres/pool.ts';
import { parsePostgresSecret } from '#adapters/postgres/secret.ts';
import { secretText } from '#adapters/secrets/secret-text.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { clientTimeouts } from './client-timeouts.ts';
import { required } from './required.ts';

/** Postgres as the app's role. Nothing is opened before the first use. */
export function postgresFrom(env: Environment): Postgres {
  const arn = required(env, 'POSTGRES_SECRET_ARN');
  const client = new SecretsManagerClient(clientTimeouts());
  return postgresPool(async () => parsePostgresSecret(await secretText(client, arn)));
}
