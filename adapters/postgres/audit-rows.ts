import { sql } from 'kysely';
import type { AuditRow } from '#core/audit/index.ts';

/** A row of `audit` as the chain sees it: every column, the time in full. */
export const AUDIT_COLUMNS = [
  'audit.tenant_id as tenant',
  'audit.seq',
  'audit.id',
  sql<string>`to_char(audit.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('at'),
  'audit.principal',
  'audit.principal_kind as principalKind',
  'audit.action',
  'audit.subject',
  'audit.data',
  'audit.request_id as requestId',
  'audit.traceparent',
] as const;

type Selected = Omit<AuditRow, 'data'> & { readonly data: unknown };

/** Of a row as `AUDIT_COLUMNS` give it, without what else was selected. */
export function auditRowOf(row: Selected): AuditRow {
  const { tenant, seq, id, at, principal, principalKind, action, subject, data, requestId, traceparent } = row;
  const facts = data as AuditRow['data'];
  return { tenant, seq, id, at, principal, principalKind, action, subject, data: facts, requestId, traceparent };
}
