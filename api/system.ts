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
  docs: route({
    method: 'GET',
    path: '/docs',
    plane: 'control',
    permission: 'public',
    summary: 'This document, to read.',
    request: z.strictObject({}),
    response: z.string(),
    produces: 'text/html',
  }),
  openapi: route({
    method: 'GET',
    path: '/openapi.json',
    plane: 'control',
    permission: 'public',
    summary: 'This document, for machines: OpenAPI 3.1.',
    request: z.strictObject({}),
    response: z.record(z.string(), z.unknown()),
  }),
};
