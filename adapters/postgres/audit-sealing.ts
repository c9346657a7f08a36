import { createHash } from 'node:crypto';
import { type ExpressionBuilder, sql, type Transaction } from 'kysely';
import { type AuditRow, type AuditSealing, BEGINNING, extendChain, type Segment } from '#core/audit/index.ts';
import { AUDIT_COLUMNS, auditRowOf } from './audit-rows.ts';
import { inTenant } from './in-tenant.ts';
import type { Postgres } from './pool.ts';
import type { Tables } from './tables.ts';

export const SEGMENT_COLUMNS = [
  'number',
  'first_position as first',
  'last_position as last',
  'hash',
  'sealed_at as sealedAt',
  'kept_at as keptAt',
] as const;

/** The database that took the snapshot: which transactions had ended, and which one would be the next to begin. */
interface Snapshot {
  readonly oldestOpen: number;
  readonly nextXid: number;
}

export function postgresAuditSealing(pool: Postgres): AuditSealing {
  const within = inTenant(pool);
  return {
    seal: (tenant, limit) =>
      within(tenant, async (trx) => {
        await sql`select pg_advisory_xact_lock(hashtextextended(${`audit/${tenant}`}, 0))`.execute(trx);
        const before = await trx
          .selectFrom('audit_segment')
          .select([...SEGMENT_COLUMNS, 'high_seq', 'settled_seq'])
          .orderBy('number', 'desc')
          .limit(1)
          .executeTakeFirst();
        const { rows, snapshot } = await unsealed(trx, before?.settled_seq ?? 0, limit);
        const [first, last] = [rows[0], rows.at(-1)];
        if (!first || !last) return undefined;
        const head = before ? { position: before.last, hash: before.hash } : BEGINNING;
        const seals = extendChain((text) => createHash('sha256').update(text, 'utf8').digest('hex'), head, rows);
        await trx
          .insertInto('audit_seal')
          .values([...seals])
          .execute();
        const highSeq = Math.max(before?.high_seq ?? 0, last.seq);
        return trx
          .insertInto('audit_segment')
          .values({
            number: (before?.number ?? 0) + 1,
            first_position: head.position + 1,
            last_position: head.position + rows.length,
            hash: seals.at(-1)?.hash ?? head.hash,
            high_seq: highSeq,
            next_xid: snapshot.nextXid,
            settled_seq: rows.length < limit ? await settledSeq(trx, snapshot, highSeq) : (before?.settled_seq ?? 0),
            kept_at: null,
          })
          .returning(SEGMENT_COLUMNS)
          .executeTakeFirstOrThrow();
      }),
    notKept: (tenant, limit) =>
      within(tenant, (trx) =>
        trx.selectFrom('audit_segment').select(SEGMENT_COLUMNS).where('kept_at', 'is', null).orderBy('number').limit(limit).execute(),
      ),
    contentOf: (tenant, { first, last }: Segment) =>
      within(tenant, async (trx) => {
        const rows = await trx
          .selectFrom('audit_seal')
          .innerJoin('audit', 'audit.seq', 'audit_seal.seq')
          .select(['audit_seal.previous', ...AUDIT_COLUMNS])
          .where('audit_seal.position', '>=', first)
          .where('audit_seal.position', '<=', last)
          .orderBy('audit_seal.position')
          .execute();
        return { previous: rows[0]?.previous ?? BEGINNING.hash, rows: rows.map(auditRowOf) };
      }),
    kept: (tenant, { number }) =>
      within(tenant, async (trx) => {
        await trx
          .updateTable('audit_segment')
          .set({ kept_at: sql<Date>`now()` })
          .where('number', '=', number)
          .where('kept_at', 'is', null)
          .execute();
      }),
  };
}

/**
 * Committed rows without a place, lowest seq first, in one statement with the snapshot that shows them. A writer has its transaction's
 * id before it takes a seq, because it counts its facts first (record-facts.ts): so the snapshot knows of everybody who holds a seq.
 */
async function unsealed(
  trx: Transaction<Tables>,
  settled: number,
  limit: number,
): Promise<{ readonly rows: readonly AuditRow[]; readonly snapshot: Snapshot }> {
  const rows = await trx
    .selectFrom('audit')
    .select(AUDIT_COLUMNS)
    .select([
      sql<number>`pg_snapshot_xmin(pg_current_snapshot())::text::bigint`.as('oldestOpen'),
      sql<number>`pg_snapshot_xmax(pg_current_snapshot())::text::bigint`.as('nextXid'),
    ])
    .where('audit.seq', '>', settled)
    .where(hasNoPlace)
    .orderBy('audit.seq')
    .limit(limit)
    .execute();
  const { oldestOpen = 0, nextXid = 0 } = rows[0] ?? {};
  return { rows: rows.map(auditRowOf), snapshot: { oldestOpen, nextXid } };
}

/** Of a row of `audit`. */
export function hasNoPlace({ exists, not, selectFrom }: ExpressionBuilder<Tables, 'audit'>) {
  return not(exists(selectFrom('audit_seal').select('audit_seal.seq').whereRef('audit_seal.seq', '=', 'audit.seq')));
}

/**
 * A sealing that took all there was settles what an earlier one had reached before any transaction that is open now began: whoever
 * could have committed a lower seq since has ended, and was seen.
 */
async function settledSeq(trx: Transaction<Tables>, { oldestOpen, nextXid }: Snapshot, highSeq: number): Promise<number> {
  if (nextXid <= oldestOpen) return highSeq;
  const settled = await trx
    .selectFrom('audit_segment')
    .select('high_seq')
    .where('next_xid', '<=', oldestOpen)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return settled?.high_seq ?? 0;
}
