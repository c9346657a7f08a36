import * as z from 'zod';
import { ROLES } from '#core/kernel/index.ts';
import { PrincipalId } from './fields.ts';
import { route } from './route.ts';

export const systemRoutes = {
  me: route({
    method: 'GET',
    path: '/v1/me',
    plane: 'control',
    permission: 'member',
    summary: 'Who you are in this tenant, and what you may do.',
    request: z.strictObject({}),
    response: z.object({
      principal: PrincipalId,
      kind: z.enum(['user', 'service']),
      tenant: z.string(),
      roles: z.array(z.enum(ROLES)),
      permissions: z.array(z.string()),
    }),
  }),
  health: route({
    method: 'GET',
    path: '/v1/health',
    plane: 'control',
    permission: 'public',
    summary: 'Answers while the control plane does. Wakes no database, so that probing it costs nothing.',
    request: z.strictObject({}),
    response: z.object({ status: z.literal('ok') }),
  }),
};
