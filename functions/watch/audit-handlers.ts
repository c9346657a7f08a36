import * as z from 'zod';
import type { WatchingPlane } from '#adapters/postgres/watching-plane.ts';
import type { auditRoutes } from '#api/audit.ts';
import { type AuditEntry, type Evidence, verifyAudit } from '#core/audit/index.ts';
import { pageFrom, readCursor, writeCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import { sha256 } from '#functions/_stores/sha256.ts';

const BySeq = z.object({ seq: z.int() });
const Progress = z.discriminatedUnion('phase', [
  z.strictObject({ phase: z.literal('chain'), segment: z.int().min(0), position: z.int().min(0), hash: z.string() }),
  z.strictObject({ phase: z.literal('rows'), seq: z.int().min(0) }),
  z.strictObject({ phase: z.literal('facts'), subject: z.string() }),
]);

export function auditHandlers(plane: WatchingPlane, evidence: Evidence): Handlers<typeof auditRoutes> {
  return {
    async listAudit(ctx, { cursor, limit, from, until, ...filter }) {
      const before = readCursor(cursor, BySeq)?.seq;
      const times = { from: from === undefined ? undefined : new Date(from), until: until === undefined ? undefined : new Date(until) };
      const entries = await plane.read(ctx, (tx) => tx.audit.list({ ...filter, ...times }, { limit: limit + 1, before }));
      return pageFrom(entries, limit, auditView, ({ row }) => ({ seq: row.seq }));
    },
    async verifyAudit(ctx, { cursor }) {
      const from = readCursor(cursor, Progress);
      const { checked, head, finding, next } = await plane.read(ctx, (tx) => verifyAudit({ pages: tx.audit, evidence, sha256 }, ctx, from));
      return {
        checked: { ...checked },
        head: head ? { position: head.position, hash: head.hash } : null,
        finding: finding ? { ...finding } : null,
        ...(next ? { next: writeCursor(next) } : {}),
      };
    },
  };
}

/** Without `seq`, which counts over all tenants. */
function auditView({ row, place }: AuditEntry) {
  const { id, at, principal, principalKind, action, subject, data, requestId, traceparent } = row;
  return { id, at, principal, principalKind, action, subject, data, requestId, traceparent, place };
}
