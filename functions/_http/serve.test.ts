import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { route } from '#api/route.ts';
import { ROUTES } from '#api/routes.ts';
import { DomainError, StoreUnavailable } from '#core/kernel/index.ts';
import type { HttpEvent } from './serve.ts';
import { serve } from './serve.ts';

const routes = {
  find: route({
    method: 'GET',
    path: '/v1/things/{thing}',
    plane: 'control',
    permission: 'registry:read',
    summary: 'A thing.',
    request: z.strictObject({ thing: z.string().max(9), size: z.string().optional() }),
    response: z.object({ revision: z.int(), saw: z.unknown() }),
    concurrency: 'etag',
  }),
  make: route({
    method: 'POST',
    path: '/v1/things/{thing}',
    plane: 'control',
    permission: 'registry:write',
    summary: 'Makes a thing.',
    request: z.strictObject({ thing: z.string(), size: z.int().min(1) }),
    response: z.object({ saw: z.unknown() }),
    status: 201,
    idempotency: 'key',
  }),
  move: route({
    method: 'PUT',
    path: '/v1/things/{thing}',
    plane: 'control',
    permission: 'member',
    summary: 'Moves a thing.',
    request: z.strictObject({ thing: z.string() }),
    response: z.object({ revision: z.int() }),
    concurrency: 'if-match',
  }),
  page: route({
    method: 'GET',
    path: '/page',
    plane: 'control',
    permission: 'public',
    summary: 'A page.',
    request: z.strictObject({}),
    response: z.string(),
    produces: 'text/html',
  }),
};

const thrown: Record<string, unknown> = {
  gone: new DomainError({ code: 'not_found', what: 'thing', id: 'gone' }),
  ended: new DomainError({ code: 'execution_ended', execution: 'e', status: 'failed' }),
  asleep: new StoreUnavailable('Postgres', { cause: undefined }),
  broken: new Error('password=hunter2'),
};

const handler = serve(
  routes,
  {
    find: async ({ tenant, principal }, input) => {
      if (thrown[input.thing]) throw thrown[input.thing];
      return { revision: 7, saw: { ...input, tenant, principal } };
    },
    make: async (_, input, { idempotency }) => ({ saw: { ...input, idempotency } }),
    move: async (_, __, { ifMatch }) => {
      if (ifMatch !== undefined && ifMatch !== 3) throw new DomainError({ code: 'moved_meanwhile', revision: 3 });
      return { revision: 4 };
    },
    page: async () => '<p>hello</p>',
  },
  { name: 'test' },
);

interface Given {
  readonly key?: string;
  readonly path?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly base64?: boolean;
  readonly who?: Record<string, string> | null;
}

const ADA = { principal: 'ada', kind: 'user', tenant: 't', tenantSlug: 'growing', roles: 'scientist,emperor' };

async function call({
  key = 'GET /v1/things/{thing}',
  path = { thing: 'one' },
  query,
  headers = {},
  body,
  base64 = false,
  who = ADA,
}: Given) {
  const [method = '', rawPath = ''] = key.split(' ');
  const event = {
    routeKey: key,
    rawPath,
    headers,
    pathParameters: path,
    queryStringParameters: query,
    body,
    isBase64Encoded: base64,
    requestContext: { requestId: randomUUID(), http: { method }, authorizer: who === null ? undefined : { lambda: who } },
  } as unknown as HttpEvent;
  const answer = await handler(event, {} as never);
  const type = String(answer.headers?.['content-type']);
  return { ...answer, body: type.includes('json') ? JSON.parse(answer.body ?? '') : answer.body, type };
}

const post = { key: 'POST /v1/things/{thing}', headers: { 'idempotency-key': 'k' }, body: '{"size":1}' };

describe('serve refuses', () => {
  it.each<{ name: string; given: Given; status: number; type: string; has?: object }>([
    { name: 'a route that it does not have', given: { key: 'GET /v1/nothing' }, status: 404, type: '/problems/not_found' },
    {
      name: 'a path field that does not fit',
      given: { path: { thing: '0123456789' } },
      status: 400,
      type: '/problems/request_invalid',
      has: { issues: [{ path: 'thing' }] },
    },
    { name: 'an unknown query field', given: { query: { colour: 'red' } }, status: 400, type: '/problems/request_invalid' },
    { name: 'a body that is no JSON', given: { ...post, body: '{"size":' }, status: 400, type: '/problems/body_malformed' },
    { name: 'a body that is a list', given: { ...post, body: '[1]' }, status: 400, type: '/problems/body_malformed' },
    { name: 'a mistyped body', given: { ...post, body: '{"size":"1"}' }, status: 400, type: '/problems/request_invalid' },
    { name: 'a missing body', given: { key: post.key, headers: post.headers }, status: 400, type: '/problems/request_invalid' },
    { name: 'a missing key', given: { ...post, headers: {} }, status: 400, type: '/problems/idempotency_key_missing' },
    {
      name: 'an unreadable key',
      given: { ...post, headers: { 'idempotency-key': 'a b' } },
      status: 400,
      type: '/problems/idempotency_key_invalid',
      has: { rule: expect.stringContaining('200') },
    },
    {
      name: 'a key that is too long',
      given: { ...post, headers: { 'idempotency-key': 'k'.repeat(201) } },
      status: 400,
      type: '/problems/idempotency_key_invalid',
    },
    {
      name: 'an expired token',
      given: { who: { principal: '', refusal: 'token_expired' } },
      status: 401,
      type: '/problems/token_expired',
    },
    {
      name: 'a token that is not to be trusted',
      given: { who: { principal: '', refusal: 'token_invalid' } },
      status: 401,
      type: '/problems/token_invalid',
    },
    { name: 'nobody', given: { who: null }, status: 403, type: '/problems/not_a_member' },
    { name: 'a stranger', given: { who: { ...ADA, tenant: '', roles: '' } }, status: 403, type: '/problems/not_a_member' },
    {
      name: 'a role that may not',
      given: { ...post, who: { ...ADA, roles: 'viewer' } },
      status: 403,
      type: '/problems/permission_missing',
      has: { permission: 'registry:write' },
    },
    { name: 'a role nobody knows', given: { who: { ...ADA, roles: 'emperor' } }, status: 403, type: '/problems/permission_missing' },
    {
      name: 'an If-Match that is no revision',
      given: { key: 'PUT /v1/things/{thing}', headers: { 'if-match': '"abc"' } },
      status: 400,
      type: '/problems/precondition_invalid',
      has: { header: 'If-Match' },
    },
    {
      name: 'a stale If-Match',
      given: { key: 'PUT /v1/things/{thing}', headers: { 'if-match': '"2"' } },
      status: 412,
      type: '/problems/moved_meanwhile',
      has: { revision: 3 },
    },
    {
      name: 'what the use case refuses',
      given: { path: { thing: 'gone' } },
      status: 404,
      type: '/problems/not_found',
      has: { what: 'thing', id: 'gone' },
    },
    {
      name: 'and keeps HTTP status apart from a resource’s',
      given: { path: { thing: 'ended' } },
      status: 409,
      type: '/problems/execution_ended',
      has: { status: 409, currentStatus: 'failed' },
    },
  ])('$name', async ({ given, status, type, has = {} }) => {
    const answer = await call(given);
    expect(answer).toMatchObject({ statusCode: status, type: 'application/problem+json', body: { type, status, ...has } });
    expect(answer.body.instance).toMatch(/^urn:uuid:/);
  });

  it.each(Object.values(ROUTES).filter(({ permission }) => permission !== 'public'))(
    'whom the authorizer refused before the handler of $method $path, whatever else is said of them',
    async ({ method, path }) => {
      const reached: string[] = [];
      const spy = serve(ROUTES, new Proxy({} as never, { get: (_, operation) => async () => reached.push(String(operation)) }), {
        name: 'test',
      });
      for (const refusal of ['token_invalid', 'token_expired', 'something new', '']) {
        const lambda = { ...ADA, roles: 'viewer,scientist,operator,approver,admin', refusal };
        const requestContext = { requestId: randomUUID(), http: { method }, authorizer: { lambda } };
        const event = { routeKey: `${method} ${path}`, rawPath: path, headers: { 'idempotency-key': 'k' }, requestContext };
        const { statusCode, body = '' } = await spy(event as unknown as HttpEvent, {} as never);
        const code = refusal === 'token_expired' ? refusal : 'token_invalid';
        expect([statusCode, JSON.parse(body).type]).toEqual([401, `/problems/${code}`]);
      }
      expect(reached).toEqual([]);
    },
  );

  it('says nothing of a defect, and when to come back to a store that sleeps', async () => {
    const broken = await call({ path: { thing: 'broken' } });
    expect(broken).toMatchObject({ statusCode: 500, body: { type: 'about:blank', title: 'internal error' } });
    expect(JSON.stringify(broken)).not.toContain('hunter2');
    expect(await call({ path: { thing: 'asleep' } })).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
  });
});

describe('serve', () => {
  it('lets the path win over the query, and the query over the body', async () => {
    const answer = await call({ ...post, path: { thing: 'path' }, query: { thing: 'query' }, body: '{"thing":"body","size":2}' });
    expect(answer).toMatchObject({ statusCode: 201, body: { saw: { thing: 'path', size: 2 } } });
  });

  it('takes the caller from the authorizer alone', async () => {
    const answer = await call({ headers: { 'sluice-tenant': 'other', authorization: 'Bearer x' } });
    expect(answer.body.saw).toMatchObject({ tenant: 't', principal: { id: 'ada', kind: 'user', roles: ['scientist'] } });
  });

  it('gives the revision as ETag and takes it back as If-Match', async () => {
    expect(await call({})).toMatchObject({ statusCode: 200, headers: { etag: '"7"' } });
    for (const given of ['W/"3"', '"3"', '3']) {
      expect(await call({ key: 'PUT /v1/things/{thing}', headers: { 'if-match': given } })).toMatchObject({
        statusCode: 200,
        headers: { etag: '"4"' },
      });
    }
    expect(await call({ key: 'PUT /v1/things/{thing}' })).toMatchObject({ statusCode: 200 });
    expect(await call({ headers: { 'if-match': 'nonsense' } })).toMatchObject({ statusCode: 200 });
  });

  it('hashes one request the same whatever the order of its fields, and another one differently', async () => {
    const hash = async (body: string) => (await call({ ...post, body })).body.saw.idempotency.requestHash;
    expect(await hash('{"size":1,"thing":"x"}')).toBe(await hash('{"thing":"x","size":1}'));
    expect(await hash('{"size":1}')).not.toBe(await hash('{"size":2}'));
  });

  it('reads a body in base64', async () => {
    expect(await call({ ...post, body: Buffer.from('{"size":5}').toString('base64'), base64: true })).toMatchObject({
      body: { saw: { size: 5 } },
    });
  });

  it('continues a trace, and begins one for a broken header', async () => {
    const trace = 'a'.repeat(32);
    expect((await call({ headers: { traceparent: `00-${trace}-${'b'.repeat(16)}-01` } })).headers?.['traceparent']).toMatch(`00-${trace}-`);
    expect((await call({ headers: { traceparent: 'nonsense' } })).headers?.['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0\d$/);
  });

  it.each([
    { name: 'who called', who: ADA, has: { tenant: 't', principal: 'ada', kind: 'user', status: 200 } },
    { name: 'who was refused', who: { ...ADA, roles: '' }, has: { tenant: 't', principal: 'ada', kind: 'user', status: 403 } },
    { name: 'nobody for a refused token', who: { principal: '', refusal: 'token_invalid' }, has: { status: 401 } },
  ])('logs $name', async ({ who, has }) => {
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
    await call({ who });
    write.mockRestore();
    const line = written.flatMap((text) => (text.includes('"message":"request"') ? [JSON.parse(text)] : []));
    expect(line).toMatchObject([{ operation: 'find', ...has }]);
    expect('principal' in line[0]).toBe('principal' in has);
  });

  it('serves a page to everybody, without scripts', async () => {
    const page = await call({ key: 'GET /page', path: {}, who: null });
    expect(page).toMatchObject({ statusCode: 200, type: 'text/html; charset=utf-8', body: '<p>hello</p>' });
    expect(page.headers?.['content-security-policy']).toContain("default-src 'none'");
  });
});
