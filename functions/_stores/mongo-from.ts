import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Db } from 'mongodb';
import { mongoStore } from '#adapters/mongo/mongo-store.ts';
import { secretText } from '#adapters/secrets/secret-text.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { clientTimeouts } from './client-timeouts.ts';
import { required } from './required.ts';

/** Mongo, connected at first use. */
export function mongoFrom(env: Environment): () => Promise<Db> {
  const arn = required(env, 'MONGO_SECRET_ARN');
  const client = new SecretsManagerClient(clientTimeouts());
  return mongoStore({ secret: () => secretText(client, arn) });
}
