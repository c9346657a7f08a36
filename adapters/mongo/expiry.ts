import type { Db } from 'mongodb';
import { reach } from './reach.ts';

const DAY_MS = 24 * 3600 * 1000;

/** What Mongo keeps for look-up, and how long. The archive in S3 is what stays. */
const KEPT_DAYS = { predictions: 30, prediction_files: 30, calls: 30, labels: 400 } as const;

export type MongoCollection = keyof typeof KEPT_DAYS;

export function expiresAt(collection: MongoCollection, from: Date): Date {
  return new Date(from.getTime() + KEPT_DAYS[collection] * DAY_MS);
}

/** The indexes that remove what has expired, and by which a tenant's own policy finds what is old; there already is fine. */
export async function ensureExpiry(db: Db, ...collections: readonly MongoCollection[]): Promise<void> {
  for (const name of collections) {
    await reach(() => db.collection(name).createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0, name: 'expiry' }));
    // Files are closed within minutes, and gone then: what is old is found among few.
    if (name !== 'prediction_files') await reach(() => db.collection(name).createIndex({ tenant: 1, receivedAt: 1 }, { name: 'age' }));
  }
}
