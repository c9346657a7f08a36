import type { Db } from 'mongodb';
import type { MongoCollection } from './expiry.ts';
import { reach } from './reach.ts';

const OURS: Readonly<Record<MongoCollection | 'reports', true>> = {
  predictions: true,
  prediction_files: true,
  calls: true,
  labels: true,
  reports: true,
};

/** Takes out of a database what the app keeps there; what somebody else keeps beside it stays. Doing it again changes nothing. */
export async function removeCollections(db: Db): Promise<void> {
  const there = await reach(() => db.listCollections({}, { nameOnly: true }).toArray());
  for (const { name } of there.filter((each) => Object.hasOwn(OURS, each.name))) await reach(() => db.dropCollection(name));
}
