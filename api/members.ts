import * as z from 'zod';
import { ROLES } from '#core/kernel/index.ts';
import { PrincipalId } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const Role = z.enum(ROLES);
const Member = z.object({
  principal: PrincipalId,
  kind: z.enum(['user', 'service']),
  displayName: z.string(),
  roles: z.array(Role),
  revision: z.int(),
});

export const memberRoutes = {
  listMembers: route({
    method: 'GET',
    path: '/v1/members',
    plane: 'operations',
    permission: 'members:read',
    summary: 'Who may do what in this tenant.',
    request: z.strictObject(pageQuery),
    response: pageOf(Member),
    paged: true,
  }),
  putMember: route({
    method: 'PUT',
    path: '/v1/members/{principal}',
    plane: 'operations',
    permission: 'members:write',
    by: 'user',
    summary: "Gives a principal its roles; in force within the authorizer's 60 seconds.",
    request: z.strictObject({
      principal: PrincipalId,
      kind: z.enum(['user', 'service']),
      displayName: z.string().trim().min(1).max(200),
      roles: z.array(Role).min(1).max(ROLES.length),
    }),
    response: Member,
    idempotency: 'natural',
    concurrency: 'if-match',
    refuses: ['user_needed', 'last_admin'],
  }),
  removeMember: route({
    method: 'DELETE',
    path: '/v1/members/{principal}',
    plane: 'operations',
    permission: 'members:write',
    by: 'user',
    summary: 'Takes every role from a principal.',
    request: z.strictObject({ principal: PrincipalId }),
    response: z.object({ principal: PrincipalId }),
    idempotency: 'natural',
    concurrency: 'if-match',
    refuses: ['user_needed', 'not_found', 'last_admin'],
  }),
};
