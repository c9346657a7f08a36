import { sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Twice as long as a bell lives: whoever publishes an old message late still finds whether a newer one went out. */
const KEPT_AFTER_PUBLISHING_MS = 30 * DAY_MS;
/** More than one write adds, so that what has piled up goes away too; few enough that nobody waits for it. */
const AT_ONCE = 100;

/**
 * Removes the tenant's messages that were published a month ago and the answers whose keys have expired, a few at a time. Called
 * where messages are marked: so it happens as often as there is something new to keep, and nothing has to poll. Rows that somebody
 * else removes at this moment are left to him.
 */
export async function removeOld(trx: Transaction<Tables>, now: Date): Promise<void> {
  const published = new Date(now.getTime() - KEPT_AFTER_PUBLISHING_MS);
  await sql`delete from outbox where ctid = any (array(
    select ctid from outbox where published_at < ${published} order by published_at limit ${AT_ONCE} for update skip locked))`.execute(trx);
  await sql`delete from idempotency where ctid = any (array(
    select ctid from idempotency where expires_at < ${now} order by expires_at limit ${AT_ONCE} for update skip locked))`.execute(trx);
}
