import { GetSecretValueCommand, ListSecretsCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Region } from '../../../local/region.ts';
import { awsOf } from '../../../setup/deployed-app.ts';
import { type CuttingProxy, cuttingProxy } from './cutting-proxy.ts';

export interface Proxies {
  readonly byName: Readonly<Record<'Postgres' | 'Mongo' | 'the API', CuttingProxy>>;
  /** What clients call. */
  readonly baseUrl: string;
  /** Has functions find the databases behind the proxies: those that begin after this. To be done again when the engine lost its secrets. */
  direct(): Promise<void>;
  close(): Promise<void>;
}

/** In front of the databases and of the API, where a network would be. */
export async function proxiesOf(region: Region): Promise<Proxies> {
  const { ports, mongo } = region;
  const [postgresProxy, mongoProxy, edgeProxy] = await Promise.all([ports.postgres, ports.mongo, ports.edge].map(cuttingProxy));
  if (!postgresProxy || !mongoProxy || !edgeProxy) throw new Error('three ports, three proxies');
  const byName = { Postgres: postgresProxy, Mongo: mongoProxy, 'the API': edgeProxy };
  const secrets = new SecretsManagerClient(awsOf(region));
  const change = async (SecretId: string, to: (kept: Readonly<Record<string, unknown>>) => object) => {
    const { SecretString = '{}' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(to(JSON.parse(SecretString))) }));
  };
  return {
    byName,
    baseUrl: `http://127.0.0.1:${edgeProxy.port}`,
    async direct() {
      const { SecretList = [] } = await secrets.send(new ListSecretsCommand({ MaxResults: 100 }));
      // The role of the functions; the owner's secret is for migrations alone.
      const app = SecretList.find(({ Name }) => Name?.includes('PostgresApp'))?.ARN;
      if (app === undefined) throw new Error(`no secret for Postgres among ${SecretList.map(({ Name }) => Name).join(', ')}`);
      await change(app, (kept) => ({ ...kept, host: '127.0.0.1', port: postgresProxy.port }));
      await change('region/mongo', (kept) => ({ ...kept, uri: mongo.uri.replace(`:${ports.mongo}/`, `:${mongoProxy.port}/`) }));
    },
    async close() {
      secrets.destroy();
      await Promise.all(Object.values(byName).map((each) => each.close()));
    },
  };
}
