import * as z from 'zod';
import type { approvalRoutes } from '#api/approvals.ts';
import { type Approval, decideApproval } from '#core/governance/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { expireApproval } from '#core/pipelines/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import type { ReadingDeps } from './reading-deps.ts';

/** Who ends what nobody decided in time. */
const CLOCK = { id: 'system:approvals', kind: 'service', roles: [] } as const;
const ByAge = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

export function approvalHandlers({ plane, downloadUrl }: Pick<ReadingDeps, 'plane' | 'downloadUrl'>): Handlers<typeof approvalRoutes> {
  /** The evidence's report as an address, made anew for each answer: a repeated request must not get one that has run out. */
  const withUrl = async (approval: ReturnType<typeof approvalView>) => {
    const { reportKey, ...evidence } = approval.evidence;
    return { ...approval, evidence: typeof reportKey === 'string' ? { ...evidence, reportUrl: await downloadUrl(reportKey) } : evidence };
  };
  return {
    listApprovals: async (ctx, { status, cursor, limit }) => {
      const position = readCursor(cursor, ByAge);
      const before = position && { createdAt: new Date(position.createdAt), id: position.id };
      const rows = await plane.read(ctx, (tx) => tx.approvals.list({ limit: limit + 1, before, status }));
      const page = pageFrom(rows, limit, approvalView, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
      return { ...page, items: await Promise.all(page.items.map(withUrl)) };
    },
    findApproval: async (ctx, { approval }) => {
      const found = await plane.read(ctx, (tx) => tx.approvals.find(approval));
      if (!found) throw new DomainError({ code: 'not_found', what: 'approval', id: approval });
      return withUrl(approvalView(found));
    },
    async decideApproval(ctx, input, call) {
      try {
        return await withUrl(await plane.write(ctx, call, async (tx) => approvalView(await decideApproval(tx, ctx, input))));
      } catch (error) {
        // Somebody came too late: what waited for him ends now, without waiting for a clock. The refusal stands whether that works or not.
        if (error instanceof DomainError && error.failure.code === 'approval_expired') {
          const clock: Context = { ...ctx, principal: CLOCK };
          await plane.write(clock, {}, (tx) => expireApproval(tx, clock, input.approval)).catch(() => undefined);
        }
        throw error;
      }
    },
  };
}

function approvalView({ execution, createdAt, expiresAt, decidedAt, ...approval }: Approval) {
  const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), decidedAt: decidedAt?.toISOString() ?? null };
  return { ...approval, evidence: { ...approval.evidence } as Record<string, unknown>, executionId: execution, ...times };
}
