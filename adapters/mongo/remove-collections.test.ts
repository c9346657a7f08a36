import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMongo, type TestMongo } from '../../test/support/mongo.ts';
import { ensureExpiry } from './expiry.ts';
import { removeCollections } from './remove-collections.ts';

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startMongo();
});
afterAll(() => mongo.stop());

it('removes what the app keeps and nothing else, as often as it is asked', async () => {
  const db = mongo.client.db(mongo.database);
  await ensureExpiry(db, 'predictions', 'prediction_files', 'calls', 'labels');
  for (const name of ['calls', 'reports', 'theirs']) await db.collection<{ _id: string }>(name).insertOne({ _id: 'one' });
  for (const _ of ['once', 'twice']) {
    await removeCollections(db);
    expect((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)).toEqual(['theirs']);
  }
});
