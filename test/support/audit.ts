import { createHash, randomUUID } from 'node:crypto';
import { postgresAuditPages } from '../../adapters/postgres/audit-pages.ts';
import { postgresAuditSealing } from '../../adapters/postgres/audit-sealing.ts';
import { enterTenant } from '../../adapters/postgres/control-plane.ts';
import type { Postgres } from '../../adapters/postgres/pool.ts';
import { type Evidence, type EvidenceKeeping, type Finding, sealAudit, type VerifyFrom, verifyAudit } from '../../core/audit/index.ts';

export interface Audited {
  readonly pool: Postgres;
  readonly tenant: string;
  /** Compared with the chain when it is given. */
  readonly evidence?: Evidence | undefined;
  /** By which clock a row waits too long for its place. @default now */
  readonly now?: Date;
}

export interface AuditVerdict {
  /** Rows that have their place in the chain. */
  readonly sealed: number;
  /** Objects of evidence that were compared. */
  readonly evidence: number;
  /** The first thing that is wrong. */
  readonly finding?: Finding;
}

/** A tenant's whole audit chain, followed as `GET /v1/audit/verification` does it, page by page to the end. */
export async function verifyAuditChain({ pool, tenant, evidence, now = new Date() }: Audited): Promise<AuditVerdict> {
  const ctx = { tenant, principal: { id: 'auditor', kind: 'user' as const, roles: [] }, now, requestId: randomUUID() };
  const total = { sealed: 0, evidence: 0 };
  for (let from: VerifyFrom | undefined; ; ) {
    const { checked, finding, next } = await pool
      .transaction()
      .setAccessMode('read only')
      .execute(async (trx) => verifyAudit({ pages: postgresAuditPages(await enterTenant(trx, tenant)), evidence, sha256 }, ctx, from));
    total.sealed += checked.sealed;
    total.evidence += checked.evidence;
    if (finding) return { ...total, finding };
    if (!next) return total;
    from = next;
  }
}

/** Seals all there is, as the publisher has it done after each write. */
export async function sealAll(pool: Postgres, tenant: string, evidence: EvidenceKeeping = NO_EVIDENCE): Promise<number> {
  let rows = 0;
  for (let more = true; more; ) {
    const sealed = await sealAudit({ sealing: postgresAuditSealing(pool), evidence }, tenant);
    rows += sealed.rows;
    more = sealed.more;
  }
  return rows;
}

/** Of suites without S3, which verify without evidence too. */
const NO_EVIDENCE: EvidenceKeeping = { keep: async () => undefined };

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
