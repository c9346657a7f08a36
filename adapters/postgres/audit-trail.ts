import type { Transaction } from 'kysely';
import type { AuditTrail } from '#core/audit/index.ts';
import { AUDIT_COLUMNS, auditRowOf } from './audit-rows.ts';
import type { Tables } from './tables.ts';

export function postgresAuditTrail(trx: Transaction<Tables>): AuditTrail {
  return {
    async list({ subject, action, principal, from, until }, { limit, before }) {
      let query = trx
        .selectFrom('audit')
        .leftJoin('audit_seal', 'audit_seal.seq', 'audit.seq')
        .select(['audit_seal.position', 'audit_seal.hash', ...AUDIT_COLUMNS])
        .orderBy('audit.seq', 'desc')
        .limit(limit);
      if (subject !== undefined) query = query.where('audit.subject', '=', subject);
      if (action !== undefined) query = query.where('audit.action', '=', action);
      if (principal !== undefined) query = query.where('audit.principal', '=', principal);
      if (from !== undefined) query = query.where('audit.at', '>=', from);
      if (until !== undefined) query = query.where('audit.at', '<', until);
      if (before !== undefined) query = query.where('audit.seq', '<', before);
      const entries = await query.execute();
      return entries.map(({ position, hash, ...row }) => ({
        row: auditRowOf(row),
        place: position === null || hash === null ? null : { position, hash },
      }));
    },
  };
}
