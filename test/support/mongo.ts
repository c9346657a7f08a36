import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { startEngine } from '../../local/engine-process.ts';
import { chooseMongo, mongoEngine, mongoUri } from '../../local/engines/mongo.ts';
import { freePort } from '../../local/free-port.ts';
import { childEnvironment, dataFolder, memoryFolder, ROOT } from './stores-folder.ts';

export interface TestMongo {
  readonly uri: string;
  /** A database of this call's own. */
  readonly database: string;
  readonly client: MongoClient;
  stop(): Promise<void>;
}

/** A Mongo of this test's own, the same kind as the laptop region's; with MONGODB_URI a new database on that server. */
export async function startMongo(): Promise<TestMongo> {
  const env = childEnvironment();
  const say = () => undefined;
  const choice = await chooseMongo({ root: ROOT, folder: memoryFolder(), uri: process.env['MONGODB_URI'], env, say });
  const port = await freePort();
  const data = await dataFolder('mongo');
  const engine = await mongoEngine({ choice, data, port, env, isDurable: false });
  // Killed in the end: an orderly one takes seconds, for data that goes.
  const running = engine && (await startEngine({ ...engine, stopSignal: 'KILL' }, { python: 'python3', logs: data }));
  const uri = mongoUri(choice, port);
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  const client = await new MongoClient(uri, { retryWrites: false, ignoreUndefined: true, serverSelectionTimeoutMS: 5000 }).connect();
  return {
    uri,
    database,
    client,
    async stop() {
      if (!running) await client.db(database).dropDatabase();
      await client.close();
      await running?.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
