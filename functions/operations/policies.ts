import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { policyRoutes } from '#api/policies.ts';
import { type Policy, putPolicy } from '#core/governance/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByVersion = z.object({ version: z.int() });

export function policyHandlers(plane: ControlPlane): Handlers<typeof policyRoutes> {
  return {
    findPolicy: async (ctx) => policyView(await plane.read(ctx, (tx) => tx.policies.current())),
    putPolicy: async (ctx, input, call) =>
      policyView(await plane.write(ctx, call, (tx) => putPolicy(tx, ctx, { ...input, expectedRevision: call.ifMatch }))),
    listPolicies: async (ctx, { cursor, limit }) => {
      const before = readCursor(cursor, ByVersion)?.version;
      const rows = await plane.read(ctx, (tx) => tx.policies.list({ limit: limit + 1, before }));
      return pageFrom(rows, limit, policyView, ({ version }) => ({ version }));
    },
    findPolicyVersion: async (ctx, { version }) => {
      const found = await plane.read(ctx, (tx) => tx.policies.find(version));
      if (!found) throw new DomainError({ code: 'not_found', what: 'policy version', id: String(version) });
      return policyView(found);
    },
  };
}

function policyView({ version, rules, comment, createdBy, createdAt }: Policy) {
  const { approvals, gates, retention } = rules;
  const shown = {
    approvals: approvals.map((rule) => ({ ...rule })),
    gates: gates.map((rule) => ({ ...rule })),
    ...(retention && { retention: { ...retention } }),
  };
  return { version, rules: shown, comment, createdBy, createdAt: createdAt.toISOString(), revision: version };
}
