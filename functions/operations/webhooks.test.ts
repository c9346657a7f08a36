import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { webhookRoutes } from '#api/webhooks.ts';
import { MOST_WEBHOOKS } from '#core/alerts/index.ts';
import type { Role } from '#core/kernel/index.ts';
import { type HttpEvent, serve } from '#functions/_http/serve.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { webhookHandlers } from './webhooks.ts';

let postgres: TestPostgres;
let plane: ControlPlane;

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
});
afterAll(() => postgres.stop());

interface Given {
  readonly path?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly body?: object;
  readonly key?: string;
}

async function caller({
  roles = ['operator'] as readonly Role[],
  privateAddresses = false,
  tenant = undefined as Tenant | undefined,
} = {}) {
  const { id, slug } = tenant ?? (await postgres.newTenant());
  const handler = serve(webhookRoutes, webhookHandlers({ plane, privateAddresses }), { name: 'operations' });
  return async (operation: keyof typeof webhookRoutes, { path = {}, query, body, key = randomUUID() }: Given = {}) => {
    const { method, path: pattern, response } = webhookRoutes[operation];
    const lambda = { principal: 'ada', kind: 'user', tenant: id, tenantSlug: slug, roles: roles.join(',') };
    const event = {
      routeKey: `${method} ${pattern}`,
      rawPath: pattern,
      headers: { 'idempotency-key': key },
      pathParameters: path,
      queryStringParameters: query,
      body: body && JSON.stringify(body),
      requestContext: { requestId: randomUUID(), http: { method }, authorizer: { lambda } },
    } as unknown as HttpEvent;
    const { statusCode = 0, body: text = '' } = (await handler(event, {} as never)) as { statusCode?: number; body?: string };
    const json = JSON.parse(text);
    if (statusCode < 300) response.parse(json);
    return { status: statusCode, body: json };
  };
}
type Tenant = Awaited<ReturnType<TestPostgres['newTenant']>>;

const hook = (url = 'https://hooks.example.com/sluice', eventTypes = ['monitor.drift.detected.v1']) => ({ body: { url, eventTypes } });

describe('a webhook', () => {
  it('is registered once per key, and shows its secret then and never again', async () => {
    const call = await caller();
    const key = randomUUID();
    const [made, again] = [await call('registerWebhook', { ...hook(), key }), await call('registerWebhook', { ...hook(), key })];
    expect(made).toMatchObject({ status: 201, body: { url: 'https://hooks.example.com/sluice', createdBy: 'ada' } });
    expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(again.body).toEqual(made.body);
    const { body } = await call('listWebhooks');
    expect(body.items).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain('whsec_');
  });

  it('tells its secret and its address to nobody who reads along', async () => {
    const tenant = await postgres.newTenant();
    const call = await caller({ tenant });
    const { body } = await call('registerWebhook', hook('https://hooks.example.com/a-token-in-a-path'));
    await call('removeWebhook', { path: { webhook: body.id } });
    const written = await postgres.asOwnerIn(tenant.id, async (client) => {
      const { rows } = await client.query('select type, data::text from outbox union all select action, data::text from audit');
      return rows;
    });
    expect(written.map(({ type }) => type).sort()).toEqual([
      'webhook.registered.v1',
      'webhook.registered.v1',
      'webhook.removed.v1',
      'webhook.removed.v1',
    ]);
    expect(JSON.stringify(written)).not.toMatch(/whsec_|a-token-in-a-path/);
  });

  it('is removed once', async () => {
    const call = await caller();
    const { body } = await call('registerWebhook', hook());
    expect(await call('removeWebhook', { path: { webhook: body.id } })).toEqual({ status: 200, body: { id: body.id } });
    expect(await call('removeWebhook', { path: { webhook: body.id } })).toEqual({ status: 200, body: { id: body.id } });
    expect(await call('removeWebhook', { path: { webhook: randomUUID() } })).toMatchObject({ status: 404 });
    expect((await call('listWebhooks')).body.items).toEqual([]);
  });

  it("is no other tenant's to see or to remove", async () => {
    const [call, other] = [await caller(), await caller()];
    const { body } = await call('registerWebhook', hook());
    expect((await other('listWebhooks')).body.items).toEqual([]);
    expect(await other('removeWebhook', { path: { webhook: body.id } })).toMatchObject({ status: 404 });
    expect((await call('listWebhooks')).body.items).toHaveLength(1);
  });

  it('is one of so many, also when the last ones come at once', async () => {
    const call = await caller();
    const made = await Promise.all(Array.from({ length: MOST_WEBHOOKS + 3 }, () => call('registerWebhook', hook())));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(MOST_WEBHOOKS);
    expect(made.find(({ status }) => status !== 201)).toMatchObject({
      status: 409,
      body: { type: '/problems/webhooks_too_many', limit: MOST_WEBHOOKS },
    });
    const first = await call('listWebhooks', { query: { limit: '15' } });
    const second = await call('listWebhooks', { query: { limit: '15', cursor: first.body.next } });
    expect(new Set([...first.body.items, ...second.body.items].map(({ id }) => id)).size).toBe(MOST_WEBHOOKS);
    expect(second.body.next).toBeUndefined();
  });

  it.each([
    ['http://hooks.example.com/', /https/],
    ['https://169.254.169.254/latest', /public internet/],
    ['https://ada:pw@hooks.example.com/', /password/],
  ])('does not go to %s', async (url, reason) => {
    const { status, body } = await (await caller())('registerWebhook', hook(url));
    expect([status, body.type]).toEqual([422, '/problems/webhook_url_refused']);
    expect(body.reason).toMatch(reason);
  });

  it('goes to the same machine where the stage says so', async () => {
    const call = await caller({ privateAddresses: true });
    expect(await call('registerWebhook', hook('http://127.0.0.1:4000/growing'))).toMatchObject({ status: 201 });
  });

  it.each([[[]], [['Drift']], [['rollout']], [['rollout.v0']], [['*.v1']], [['a b.v1']]])('hears of %j in no way', async (eventTypes) =>
    expect(await (await caller())('registerWebhook', hook(undefined, eventTypes))).toMatchObject({
      status: 400,
      body: { type: '/problems/request_invalid' },
    }),
  );

  it.each([[['*']], [['rollout.*', 'monitor.drift.detected.v1']], [['model.version.*']], [['execution.awaiting_approval.v1']]])(
    'hears of %j',
    async (eventTypes) => expect(await (await caller())('registerWebhook', hook(undefined, eventTypes))).toMatchObject({ status: 201 }),
  );

  it.each([
    ['monitor.drift.detectd.v1', 'monitor.drift.detected.v1'],
    ['rollouts.*', undefined],
  ])('is not asked for %s, which never happens', async (eventType, suggestion) => {
    const { status, body } = await (await caller())('registerWebhook', hook(undefined, [eventType]));
    expect([status, body.type, body.suggestion]).toEqual([422, '/problems/event_type_unknown', suggestion]);
  });

  it.each([['viewer'], ['scientist'], ['approver']] as const)('is nothing for a %s', async (role) => {
    const call = await caller({ roles: [role] });
    expect((await call('listWebhooks')).status).toBe(403);
    expect((await call('registerWebhook', hook())).status).toBe(403);
  });
});
