import * as z from 'zod';
import { route } from './route.ts';

export const docsRoutes = {
  docs: route({
    method: 'GET',
    path: '/docs',
    plane: 'docs',
    permission: 'public',
    summary: 'This document, to read.',
    request: z.strictObject({}),
    response: z.string(),
    produces: 'text/html',
  }),
  openapi: route({
    method: 'GET',
    path: '/openapi.json',
    plane: 'docs',
    permission: 'public',
    summary: 'This document, for machines: OpenAPI 3.1.',
    request: z.strictObject({}),
    response: z.record(z.string(), z.unknown()),
  }),
};
