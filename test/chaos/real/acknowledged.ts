import type { Finding, Query } from '../invariants/finding.ts';
import type { Ledger } from './ledger.ts';

export interface TenantIds {
  readonly slug: string;
  readonly id: string;
  /** Principal ids of those who call: what others do (a retraining) was not acknowledged to anybody. */
  readonly callers: readonly string[];
}

/** Each control write that was acknowledged is there once, and nothing is there that was not. */
export async function acknowledgedOnce(query: Query, ledger: Ledger, tenants: readonly TenantIds[]): Promise<readonly Finding[]> {
  return (await Promise.all(tenants.map((tenant) => ofTenant(query, ledger, tenant)))).flat();
}

async function ofTenant(query: Query, ledger: Ledger, { slug, id, callers }: TenantIds): Promise<readonly Finding[]> {
  const rows = (text: string) => query(text, [id, callers]);
  const [executions, batches, versions, webhooks, decisions, orders] = await Promise.all([
    rows('select id from execution where tenant_id = $1 and created_by = any($2)'),
    rows('select id from batch_prediction where tenant_id = $1 and created_by = any($2)'),
    rows(
      `select d.name || '/' || v.number || '/' || v.sha256 as id from dataset_version v join dataset d on d.id = v.dataset_id
        where v.tenant_id = $1 and v.created_by = any($2)`,
    ),
    rows('select id from webhook_endpoint where tenant_id = $1 and created_by = any($2)'),
    rows(`select id || ' ' || status as id from approval where tenant_id = $1 and decided_by = any($2)`),
    rows(`select data->>'name' as id from audit where tenant_id = $1 and action = 'monitor.scan.ordered.v1' and principal = any($2)`),
  ]);
  return [
    ...compared(
      'execution',
      executions,
      ledger.of('execution', slug).map((entry) => entry.id),
    ),
    ...compared(
      'batch',
      batches,
      ledger.of('batch', slug).map((entry) => entry.id),
    ),
    ...compared(
      'dataset version',
      versions,
      ledger.of('dataset_version', slug).map((entry) => `${entry.dataset}/${entry.number}/${entry.sha256}`),
    ),
    ...compared(
      'webhook',
      webhooks,
      ledger.of('webhook', slug).map((entry) => entry.id),
    ),
    ...compared(
      'decision',
      decisions,
      ledger.of('decision', slug).map((entry) => `${entry.approval} ${entry.decision}`),
    ),
    ...compared(
      'order to scan',
      orders,
      ledger.of('scans', slug).map((entry) => entry.run),
    ),
  ];
}

function compared(what: string, rows: readonly Readonly<Record<string, unknown>>[], promised: readonly string[]): readonly Finding[] {
  const there = rows.map(({ id }) => String(id));
  const known = new Set(promised);
  const kept = new Set(there);
  return [
    ...[...known]
      .filter((id) => !kept.has(id))
      .map((id): Finding => ({ sort: 'lost', what: `${what} ${id} was acknowledged and is not there` })),
    ...there
      .filter((id, at) => !known.has(id) || there.indexOf(id) !== at)
      .map((id): Finding => ({ sort: 'duplicated', what: `${what} ${id} is there and was acknowledged to nobody, or is there twice` })),
  ];
}
