import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { memberRoutes } from '#api/members.ts';
import { type Member, putMember, removeMember } from '#core/governance/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByPrincipal = z.object({ principal: z.string() });

export function memberHandlers(plane: ControlPlane): Handlers<typeof memberRoutes> {
  return {
    listMembers: async (ctx, { cursor, limit }) => {
      const after = readCursor(cursor, ByPrincipal)?.principal;
      const rows = await plane.read(ctx, (tx) => tx.members.list({ limit: limit + 1, after }));
      return pageFrom(rows, limit, memberView, ({ principal }) => ({ principal }));
    },
    putMember: async (ctx, input, call) =>
      memberView(await plane.write(ctx, call, (tx) => putMember(tx, ctx, { ...input, expectedRevision: call.ifMatch }))),
    removeMember: async (ctx, { principal }, call) => {
      await plane.write(ctx, call, (tx) => removeMember(tx, ctx, { principal, expectedRevision: call.ifMatch }));
      return { principal };
    },
  };
}

function memberView(member: Member) {
  return { ...member, roles: [...member.roles] };
}
