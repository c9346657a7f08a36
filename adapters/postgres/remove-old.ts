import { type Expression, sql, type Transaction } from 'kysely';
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
  const outbox = trx.selectFrom('outbox').select(ROW).where('published_at', '<', published).orderBy('published_at');
  const answers = trx.selectFrom('idempotency').select(ROW).where('expires_at', '<', now).orderBy('expires_at');
  await trx
    .deleteFrom('outbox')
    .where(isAmong(outbox.limit(AT_ONCE).forUpdate().skipLocked()))
    .execute();
  await trx
    .deleteFrom('idempotency')
    .where(isAmong(answers.limit(AT_ONCE).forUpdate().skipLocked()))
    .execute();
}

const ROW = sql<string>`ctid`.as('row');

/** As an array, which is made once: a subquery may be run again for every row that is deleted, and skip others each time. */
function isAmong(rows: Expression<unknown>) {
  return sql<boolean>`ctid = any (array${rows})`;
}
