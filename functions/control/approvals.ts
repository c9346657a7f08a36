import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { approvalRoutes } from '#api/approvals.ts';
import { type Approval, decideApproval } from '#core/governance/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByAge = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

export function approvalHandlers(plane: ControlPlane): Handlers<typeof approvalRoutes> {
  return {
    listApprovals: async (ctx, { status, cursor, limit }) => {
      const position = readCursor(cursor, ByAge);
      const before = position && { createdAt: new Date(position.createdAt), id: position.id };
      const rows = await plane.read(ctx, (tx) => tx.approvals.list({ limit: limit + 1, before, status }));
      return pageFrom(rows, limit, approvalView, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
    },
    findApproval: async (ctx, { approval }) => {
      const found = await plane.read(ctx, (tx) => tx.approvals.find(approval));
      if (!found) throw new DomainError({ code: 'not_found', what: 'approval', id: approval });
      return approvalView(found);
    },
    decideApproval: (ctx, input, call) => plane.write(ctx, call, async (tx) => approvalView(await decideApproval(tx, ctx, input))),
  };
}

function approvalView({ execution, createdAt, expiresAt, decidedAt, ...approval }: Approval) {
  const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), decidedAt: decidedAt?.toISOString() ?? null };
  return { ...approval, evidence: { ...approval.evidence }, executionId: execution, ...times };
}
