import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import { reach } from './reach.ts';

export interface MongoStoreProps {
  /** The secret's text, read when a connection is made. */
  readonly secret: () => Promise<string>;
  /** How long to look for the server. @default 5000 */
  readonly patienceMs?: number;
  /** How long an operation may be without an answer; the driver itself waits without end. @default 60000 */
  readonly silenceMs?: number;
}

/** The database, connected at first use and once per container; a failed attempt is tried again by the next call. */
export function mongoStore(props: MongoStoreProps): () => Promise<Db> {
  let connecting: Promise<Db> | undefined;
  return () => {
    connecting ??= connect(props).catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
}

async function connect({ secret, patienceMs = 5000, silenceMs = 60_000 }: MongoStoreProps): Promise<Db> {
  const { uri, database, options } = mongoAddress(JSON.parse(await secret()));
  const waits = { serverSelectionTimeoutMS: patienceMs, connectTimeoutMS: patienceMs, socketTimeoutMS: silenceMs };
  const client = new MongoClient(uri, { ...options, ...waits });
  await reach(() => client.connect());
  return client.db(database);
}

export interface MongoAddress {
  readonly uri: string;
  readonly database: string;
  readonly options: MongoClientOptions;
}

/** A cluster of one's own is named by `{ uri, database }`, a DocumentDB cluster by `{ host, port, username, password }`. */
export function mongoAddress(secret: Readonly<Record<string, unknown>>): MongoAddress {
  // One connection serves a container's one call; DocumentDB has no retryable writes.
  const options = {
    maxPoolSize: 2,
    retryWrites: false,
    ignoreUndefined: true,
    appName: 'sluice',
  } satisfies MongoClientOptions;
  const { uri, database = 'sluice', host, port = 27017, username, password } = secret;
  if (typeof database !== 'string') throw new Error('The Mongo secret’s "database" must be a name');
  if (typeof uri === 'string') return { uri, database, options };
  if (typeof host !== 'string' || typeof username !== 'string' || typeof password !== 'string')
    throw new Error('The Mongo secret must hold "uri", or "host", "username" and "password"');
  return {
    uri: `mongodb://${host}:${Number(port)}/?replicaSet=rs0&readPreference=primary`,
    database,
    options: { ...options, auth: { username, password }, tls: true },
  };
}
