import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Region } from './region-record.ts';

/**
 * Tells the deployed app where the databases are, the way a customer's own cluster would: by secrets. Put again at every start,
 * since a port may have changed.
 */
export async function putDataStoreSecrets({ endpoint, postgres, mongo }: Pick<Region, 'endpoint' | 'postgres' | 'mongo'>): Promise<void> {
  const client = new SecretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'local' },
  });
  const { host, port, user: username, password, database: dbname } = postgres;
  await put(client, 'region/postgres', { host, port, dbname, username, password, ssl: 'disable' });
  await put(client, 'region/mongo', mongo);
  client.destroy();
}

async function put(client: SecretsManagerClient, name: string, value: object): Promise<void> {
  const SecretString = JSON.stringify(value);
  try {
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await client.send(new CreateSecretCommand({ Name: name, SecretString }));
  }
}
