import * as z from 'zod';
import type { Failure } from '#core/kernel/index.ts';
import { IDEMPOTENCY_KEY, KEY_RULE } from './idempotency-key.ts';
import { PROBLEMS } from './problem.ts';
import type { Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of a route table: nothing in it is written by hand, so it cannot disagree with the edge. */
export function openApi(routes: Readonly<Record<string, Route>>, version = '1'): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [operationId, route] of Object.entries(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(operationId, route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sluice',
      version,
      description:
        'A serverless MLOps control plane: datasets, pipelines, gates, approvals, models and predictions of many tenants. ' +
        'Every route but the public ones takes a bearer token and the tenant’s slug in `Sluice-Tenant`. Errors are problems of RFC 9457; ' +
        'only what API Gateway answers by itself is `{"message": …}`: 401 without `Authorization` or `Sluice-Tenant`, 404 for a path that is ' +
        'no route, 429 beyond the stage’s rate, and 5xx when it cannot reach a function.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }],
    tags: [...new Set(Object.values(routes).map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: PROBLEM, GatewayMessage: GATEWAY_MESSAGE },
    },
  };
}

const PROBLEM: Json = {
  type: 'object',
  description: 'RFC 9457: what went wrong and what to do about it.',
  required: ['type', 'title', 'status', 'instance'],
  properties: {
    type: { type: 'string', description: '`/problems/` and the code of the refusal, which `/docs#` and the code explains' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'what the caller can do' },
    instance: { type: 'string', description: 'names this answer in the logs' },
    issues: { type: 'array', items: { type: 'object' }, description: 'every mistake found in the request, each with its place' },
  },
};

const GATEWAY_MESSAGE: Json = {
  type: 'object',
  description: 'What API Gateway says by itself.',
  required: ['message'],
  properties: { message: { type: 'string' } },
};

const TENANT: Json = {
  name: 'Sluice-Tenant',
  in: 'header',
  required: true,
  schema: { type: 'string' },
  description: 'Slug of the tenant, one of the caller’s memberships.',
};
const KEY: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  schema: { type: 'string', pattern: IDEMPOTENCY_KEY.source },
  description: `The caller’s own name for this write, ${KEY_RULE}; the same key answers a retry as the first call was answered.`,
};
const IF_MATCH: Json = {
  name: 'If-Match',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description:
    'The ETag or the `revision` that came with the resource: it is changed only if nobody did so meanwhile. Without it the last writer wins.',
};

function operation(operationId: string, route: Route): Json {
  const schema = z.toJSONSchema(route.request, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const properties = schema.properties ?? {};
  const required = new Set(schema.required ?? []);
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const others = Object.keys(properties).filter((name) => !inPath.includes(name));
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE';
  const parameters = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? { type: 'string' } })),
    ...(hasBody ? [] : others.map((name) => ({ name, in: 'query', required: required.has(name), schema: properties[name] }))),
    ...(route.permission === 'public' ? [] : [TENANT]),
    ...(route.idempotency === 'key' ? [KEY] : []),
    ...(route.concurrency === 'if-match' ? [IF_MATCH] : []),
  ];
  const bodySchema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(others.map((name) => [name, properties[name]])),
    required: others.filter((name) => required.has(name)),
  };
  return {
    operationId,
    summary: route.summary,
    tags: [tagOf(route)],
    ...(route.permission === 'public' ? { security: [] } : {}),
    'x-sluice-permission': route.permission,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(hasBody && others.length > 0 ? { requestBody: { required: true, content: { 'application/json': { schema: bodySchema } } } } : {}),
    responses: { [String(route.status ?? 200)]: answer(route), ...refusals(route) },
  };
}

function answer(route: Route): Json {
  const type = route.produces ?? 'application/json';
  const schema =
    type === 'application/json'
      ? withoutDialect(z.toJSONSchema(route.response, { io: 'input', unrepresentable: 'any' }))
      : { type: 'string' };
  return {
    description: 'Done.',
    ...(carriesRevision(schema) && route.concurrency
      ? { headers: { ETag: { schema: { type: 'string' }, description: 'The revision, for If-Match.' } } }
      : {}),
    content: { [type]: { schema } },
  };
}

function refusals(route: Route): Record<string, Json> {
  const codes: Failure['code'][] = [
    ...(route.refuses ?? []),
    ...(route.permission === 'public' ? [] : (['token_expired', 'token_invalid', 'not_a_member'] as const)),
    ...(route.permission === 'public' || route.permission === 'member' ? [] : (['permission_missing'] as const)),
    ...(route.idempotency === 'key' ? (['idempotency_key_missing', 'idempotency_key_invalid', 'idempotency_key_reused'] as const) : []),
    ...(route.concurrency === 'if-match' ? (['precondition_invalid', 'moved_meanwhile'] as const) : []),
  ];
  const byStatus = new Map<number, string[]>([[400, ['the request does not fit its schema']]]);
  if (route.permission !== 'public') byStatus.set(401, ['without `Authorization` or `Sluice-Tenant` the gateway’s own message, else']);
  for (const code of new Set(codes)) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), `\`${code}\``]);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, reasons]) => [
        String(status),
        {
          description: reasons.join(', ').replace('else, ', 'else '),
          content: {
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
            ...(status === 401 ? { 'application/json': { schema: { $ref: '#/components/schemas/GatewayMessage' } } } : {}),
          },
        },
      ]),
  );
}

function carriesRevision({ properties }: { readonly properties?: unknown }): boolean {
  return typeof properties === 'object' && properties !== null && 'revision' in properties;
}

function withoutDialect({ $schema: _, ...schema }: Json): Json {
  return schema;
}

/** The noun after `/v1/`: what a reader looks for. */
function tagOf({ path }: Route): string {
  const noun = /^\/v1\/([a-z-]+)/.exec(path)?.[1];
  return noun === undefined || noun === 'me' || noun === 'health' ? 'about' : noun;
}

function statusOf(code: Failure['code']): number {
  return PROBLEMS[code]?.status ?? 500;
}
