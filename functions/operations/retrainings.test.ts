import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { retrainingRoutes } from '#api/retrainings.ts';
import type { Context } from '#core/kernel/index.ts';
import { type HttpEvent, serve } from '#functions/_http/serve.ts';
import { alertedScan } from '../../test/support/alerted-scan.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { retrainingHandlers } from './retrainings.ts';

let postgres: TestPostgres;
let plane: ControlPlane;
let handler: (event: HttpEvent, context: never) => Promise<{ statusCode?: number; body?: string }>;

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  handler = serve(retrainingRoutes, retrainingHandlers({ plane }), { name: 'operations' }) as typeof handler;
});
afterAll(() => postgres?.stop());

type Tenant = Awaited<ReturnType<TestPostgres['newTenant']>>;

/** An answer that does not fit the route's own schema fails the test. */
async function listed({ id, slug }: Tenant, query: Record<string, string> = {}, model = 'delays') {
  const { method, path, response } = retrainingRoutes.listRetrainings;
  const event = {
    routeKey: `${method} ${path}`,
    rawPath: path,
    headers: {},
    pathParameters: { model },
    queryStringParameters: query,
    requestContext: {
      requestId: randomUUID(),
      http: { method },
      authorizer: { lambda: { principal: 'ada', kind: 'user', tenant: id, tenantSlug: slug, roles: 'viewer' } },
    },
  } as unknown as HttpEvent;
  const { statusCode = 0, body = '' } = await handler(event, {} as never);
  if (statusCode === 200) response.parse(JSON.parse(body));
  return { status: statusCode, body: JSON.parse(body) };
}

describe('decisions about retraining', () => {
  it('are read page by page, newest first, with their reasons', async () => {
    const tenant = await postgres.newTenant();
    const ctx: Context = { tenant: tenant.id, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
    const made = [];
    for (const window of [0, 1, 2]) {
      made.unshift(
        await plane.write(ctx, {}, async (tx) => {
          const finding = await alertedScan(tx, ctx, { window });
          const details = { sentence: 'the monitor has no retraining policy' };
          const refused = { decision: 'refuse', reason: 'no_policy', details, cause: 'c', policyVersion: 0, executionId: null } as const;
          return tx.retrainings.add({ ...refused, finding }, new Date(ctx.now.getTime() + window));
        }),
      );
    }
    const first = await listed(tenant, { limit: '2' });
    expect(first.status).toBe(200);
    const second = await listed(tenant, { limit: '2', cursor: first.body.next });
    expect(second.body.next).toBeUndefined();
    expect([...first.body.items, ...second.body.items]).toEqual(made.map((one) => ({ ...one, decidedAt: one.decidedAt.toISOString() })));
    expect(first.body.items[0]).toMatchObject({ monitor: 'hourly', decision: 'refuse', reason: 'no_policy', executionId: null });
  });

  it('of a model that is not there, or is somebody else’s, are not found', async () => {
    const [mine, theirs] = [await postgres.newTenant(), await postgres.newTenant()];
    const ctx: Context = { tenant: theirs.id, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
    await plane.write(ctx, {}, (tx) => alertedScan(tx, ctx));
    expect(await listed(theirs)).toMatchObject({ status: 200, body: { items: [] } });
    expect(await listed(mine)).toMatchObject({ status: 404 });
    expect(await listed(theirs, { cursor: 'e30' })).toMatchObject({
      status: 400,
      body: { type: expect.stringContaining('cursor_invalid') },
    });
  });
});
