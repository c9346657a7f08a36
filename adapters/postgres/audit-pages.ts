import type { ExpressionBuilder, Transaction } from 'kysely';
import type { AuditPages } from '#core/audit/index.ts';
import { AUDIT_COLUMNS, auditRowOf } from './audit-rows.ts';
import { hasNoPlace, SEGMENT_COLUMNS } from './audit-sealing.ts';
import type { Tables } from './tables.ts';

export function postgresAuditPages(trx: Transaction<Tables>): AuditPages {
  return {
    segments: (after, limit) =>
      trx.selectFrom('audit_segment').select(SEGMENT_COLUMNS).where('number', '>', after).orderBy('number').limit(limit).execute(),
    async places(first, last) {
      const places = await trx
        .selectFrom('audit_seal')
        .leftJoin('audit', 'audit.seq', 'audit_seal.seq')
        .select(['audit_seal.position', 'audit_seal.seq as sealedSeq', 'audit_seal.previous', 'audit_seal.hash', ...AUDIT_COLUMNS])
        .where('audit_seal.position', '>=', first)
        .where('audit_seal.position', '<=', last)
        .orderBy('audit_seal.position')
        .execute();
      return places.map(({ position, sealedSeq: seq, previous, hash, ...row }) => ({
        seal: { position, seq, previous, hash },
        row: isThere(row) ? auditRowOf(row) : undefined,
      }));
    },
    async oddRow(after, limit, before) {
      // First: what is settled now has its place in every later statement.
      const newest = await trx.selectFrom('audit_segment').select('settled_seq').orderBy('number', 'desc').limit(1).executeTakeFirst();
      const settled = newest?.settled_seq ?? 0;
      const { through } = await trx
        .selectFrom(({ selectFrom }) => selectFrom('audit').select('seq').where('seq', '>', after).orderBy('seq').limit(limit).as('page'))
        .select(({ fn }) => fn.max('page.seq').as('through'))
        .executeTakeFirstOrThrow();
      if (through === null) return { through: undefined };
      const odd = await trx
        .selectFrom('audit')
        .select(['audit.id', 'audit.action', 'audit.subject'])
        .select((of) => [of('audit.seq', '<=', settled).as('late'), isCounted(of).as('counted')])
        .where('audit.seq', '>', after)
        .where('audit.seq', '<=', through)
        .where((of) =>
          of.or([of.not(isCounted(of)), of.and([hasNoPlace(of), of.or([of('audit.seq', '<=', settled), of('audit.at', '<', before)])])]),
        )
        .orderBy('audit.seq')
        .limit(1)
        .executeTakeFirst();
      return { through, odd: odd && { ...odd, late: Boolean(odd.late), counted: Boolean(odd.counted) } };
    },
    async oddSubject(after, limit) {
      // One statement, so that a fact and its row are seen together.
      const page = await trx
        .selectFrom(({ selectFrom }) =>
          selectFrom('aggregate_sequence')
            .select(['subject', 'last'])
            .where('subject', '>', after)
            .orderBy('subject')
            .limit(limit)
            .as('page'),
        )
        .select(({ selectFrom, fn }) => [
          'page.subject',
          'page.last as facts',
          selectFrom('audit').select(fn.countAll<number>().as('rows')).whereRef('audit.subject', '=', 'page.subject').as('rows'),
        ])
        .orderBy('page.subject')
        .execute();
      const odd = page.map((subject) => ({ ...subject, rows: subject.rows ?? 0 })).find(({ facts, rows }) => facts !== rows);
      return { through: page.at(-1)?.subject, odd };
    },
  };
}

/** Facts of the subject of a row of `audit` were recorded at all. */
function isCounted({ exists, selectFrom }: ExpressionBuilder<Tables, 'audit'>) {
  return exists(selectFrom('aggregate_sequence').select('last').whereRef('aggregate_sequence.subject', '=', 'audit.subject'));
}

type Nullable<Row> = { readonly [Column in keyof Row]: Row[Column] | null };
type Selected = Parameters<typeof auditRowOf>[0];

/** A join that found no row gives a null in each of its columns. */
function isThere(row: Nullable<Selected>): row is Selected {
  return row.id !== null;
}
