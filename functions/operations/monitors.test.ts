import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { s3DownloadUrl } from '#adapters/s3/download-url.ts';
import type { LoggedFile } from '#adapters/s3/prediction-files.ts';
import { monitorRoutes } from '#api/monitors.ts';
import type { Context, Role } from '#core/kernel/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type Given, type HttpHandler, routeCaller } from '../../test/support/route-caller.ts';
import { monitorHandlers } from './monitors.ts';

let postgres: TestPostgres;
let plane: ControlPlane;
/** The log of everybody's model, whatever the window. */
let logged: readonly LoggedFile[] = [];
let handler: HttpHandler;

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  // Presigning is arithmetic: nothing has to be there.
  const s3 = new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  handler = serve(
    monitorRoutes,
    monitorHandlers({ plane, downloadUrl: s3DownloadUrl(s3, 'data'), files: { between: async () => logged } }),
    {
      name: 'operations',
    },
  ) as HttpHandler;
});
afterAll(() => postgres?.stop());

type Operation = keyof typeof monitorRoutes;

const PATH = { model: 'flights', monitor: 'world' };
const BODY = {
  reference: { kind: 'training' },
  window: { hours: 720, startsAt: '2001-04-01T00:00:00Z' },
  latenessHours: 72,
  clock: 'watermark',
  schedule: 'rate(1 minute)',
  minRows: 500,
  alertOn: ['columns', 'prediction'],
};

/** A tenant that has the model `flights` and the pipeline `flights`, called as one with these roles. */
async function tenant(roles: readonly Role[] = ['scientist']) {
  const { id, slug } = await postgres.newTenant();
  const ctx: Context = { tenant: id, principal: { id: 'ada', kind: 'user', roles }, now: new Date(), requestId: randomUUID() };
  await plane.write(ctx, {}, async (tx) => {
    await tx.models.lock('flights', 'ada');
    const pipeline = await tx.pipelines.lock('flights', 'ada');
    await tx.pipelines.addVersion(pipeline.id, { source: 's', sourceSha256: 'e'.repeat(64), definition: {} as never, createdBy: 'ada' });
  });
  const call = routeCaller(monitorRoutes, () => handler, { tenant: { id, slug }, roles });
  const as = (operation: Operation, given: Given = {}) => call(operation, { path: PATH, ...given });
  const orders = (destination: string) =>
    postgres.asOwnerIn(id, async (client) => {
      const { rows } = await client.query('select data from outbox where destination = $1 order by created_at, id', [destination]);
      return rows.map(({ data }) => data);
    });
  return { id, ctx, as, orders, put: (more: object = {}, headers = {}) => as('putMonitor', { body: { ...BODY, ...more }, headers }) };
}

describe('a monitor', () => {
  it('is made with its schedule, and says how it watches', async () => {
    const { id, put, as, orders } = await tenant();
    const made = await put({ timezone: 'Europe/Berlin' });
    expect(made).toMatchObject({
      status: 200,
      headers: { etag: '"1"' },
      body: { ...BODY, model: 'flights', name: 'world', timezone: 'Europe/Berlin', state: 'active', revision: 1, retraining: null },
    });
    expect(await orders('schedule')).toEqual([
      {
        name: made.body.id,
        expression: 'rate(1 minute)',
        timezone: 'Europe/Berlin',
        state: 'enabled',
        stateMachine: 'drift-scan',
        input: { tenant: id, monitor: made.body.id, scheduledTime: '<aws.scheduler.scheduled-time>' },
      },
    ]);
    expect((await as('findMonitor')).body).toEqual(made.body);
    expect((await as('listMonitors', { path: { model: 'flights' } })).body).toEqual({ items: [made.body] });
  });

  it('orders its schedule anew only when that changes', async () => {
    const { put, as, orders } = await tenant();
    const states = async () => (await orders('schedule')).map(({ expression, state }) => `${state} ${expression}`);
    await put({ schedule: null });
    expect(await states()).toEqual([]);
    await put({});
    const again = await put({});
    expect(again.body.revision).toBe(2);
    expect((await put({ minRows: 900 })).body.revision).toBe(3);
    await put({ schedule: 'rate(1 hour)' });
    for (const operation of ['pauseMonitor', 'pauseMonitor', 'resumeMonitor'] as const) await as(operation);
    await put({ schedule: null });
    await as('pauseMonitor');
    expect(await states()).toEqual([
      'enabled rate(1 minute)',
      'enabled rate(1 hour)',
      'disabled rate(1 hour)',
      'enabled rate(1 hour)',
      'deleted rate(1 hour)',
    ]);
    expect((await put({ schedule: 'rate(2 hours)' })).body.state).toBe('paused');
    expect((await states()).at(-1)).toBe('disabled rate(2 hours)');
  });

  it('is changed by the one who knows its revision', async () => {
    const { put } = await tenant();
    expect(await put({}, { 'if-match': '"1"' })).toMatchObject({ status: 412, body: { type: '/problems/moved_meanwhile' } });
    await put();
    expect(await put({ minRows: 900 }, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(await put({ minRows: 901 }, { 'if-match': '"1"' })).toMatchObject({ status: 412 });
    const racing = await Promise.all([910, 911, 912].map((minRows) => put({ minRows }, { 'if-match': '"2"' })));
    expect(racing.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  it('made twice at once is one', async () => {
    const { put } = await tenant();
    const made = await Promise.all([put(), put(), put()]);
    expect(made.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
  });

  it.each([
    { what: 'a schedule that is none', body: { schedule: 'hourly' }, path: 'schedule', message: /rate\(…\)/ },
    { what: 'a schedule under a minute', body: { schedule: 'rate(0 minutes)' }, path: 'schedule', message: /at least one minute/ },
    { what: 'a cron of five fields', body: { schedule: 'cron(0 6 * * *)' }, path: 'schedule', message: /six fields/ },
    { what: 'a time zone that is none', body: { timezone: 'Berlin' }, path: 'timezone', message: /IANA/ },
    {
      what: 'a reference that ends before it begins',
      body: { reference: { kind: 'window', from: '2001-02-01T00:00:00Z', to: '2001-01-01T00:00:00Z' } },
      path: 'reference.to',
      message: /ends after it begins/,
    },
    {
      what: 'a window that begins within an hour',
      body: { window: { hours: 24, startsAt: '2001-04-01T00:30:00Z' } },
      path: 'window.startsAt',
      message: /whole hour/,
    },
    {
      what: 'a threshold of an unknown effect',
      body: { drift: { thresholds: { kolmogorov: 1 } } },
      path: 'drift.thresholds',
      message: /kolmogorov/,
    },
    {
      what: 'a policy without a budget',
      body: { retraining: { pipeline: 'flights', cooldownHours: 1 } },
      path: 'retraining.budget',
      message: /./,
    },
  ])('with $what is refused', async ({ body, path, message }) => {
    const { put } = await tenant();
    const { status, body: problem } = await put(body);
    expect({ status, type: problem.type }).toEqual({ status: 400, type: '/problems/request_invalid' });
    expect(problem.issues).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  it('watches a model that exists, and retrains with a pipeline that exists', async () => {
    const { as, put } = await tenant();
    expect(await as('putMonitor', { path: { ...PATH, model: 'trains' }, body: BODY })).toMatchObject({
      status: 404,
      body: { what: 'model', id: 'trains' },
    });
    const policy = { cooldownHours: 1, budget: { executions: 1, days: 1 } };
    expect(await put({ retraining: { pipeline: 'trains', ...policy } })).toMatchObject({
      status: 404,
      body: { what: 'pipeline', id: 'trains' },
    });
    expect((await put({ retraining: { pipeline: 'flights', ...policy } })).body.retraining).toEqual({ pipeline: 'flights', ...policy });
  });

  it('runs when somebody asks, once per key, also while it is paused', async () => {
    const { id, put, as, orders } = await tenant();
    const { body: monitor } = await put();
    await as('pauseMonitor');
    const headers = { 'idempotency-key': 'once' };
    const asked = await as('startScans', { body: { asOf: '2001-05-04T00:00:00Z' }, headers });
    expect(asked).toMatchObject({ status: 202, body: { run: expect.any(String) } });
    expect((await as('startScans', { body: { asOf: '2001-05-04T00:00:00Z' }, headers })).body).toEqual(asked.body);
    const window = { from: '2001-04-01T00:00:00Z', to: '2001-04-02T00:00:00Z' };
    const named = await as('startScans', { body: { window } });
    const traceparent = expect.any(String);
    expect(await orders('execution')).toEqual([
      {
        stateMachine: 'drift-scan',
        name: asked.body.run,
        input: { tenant: id, monitor: monitor.id, asOf: '2001-05-04T00:00:00Z', traceparent },
        resumes: true,
      },
      { stateMachine: 'drift-scan', name: named.body.run, input: { tenant: id, monitor: monitor.id, window, traceparent }, resumes: true },
    ]);
    expect((await as('startScans', { body: { window: { from: window.to, to: window.from } } })).status).toBe(400);
  });

  it('shows its scans, newest window first, page by page, and each of them', async () => {
    const { ctx, put, as } = await tenant();
    const { body: monitor } = await put();
    const days = [1, 2, 3].map((day) => ({ from: new Date(Date.UTC(2001, 3, day)), to: new Date(Date.UTC(2001, 3, day + 1)) }));
    const summary = {
      headline: 'Drift: distance',
      files: 2,
      columns: [],
      prediction: null,
      target: null,
      performance: [],
      decay: null,
      alerted: ['distance'],
      cause: 'c',
    };
    await plane.write(ctx, {}, async (tx) => {
      for (const window of days) {
        const scan = await tx.scans.begin({ monitorId: monitor.id, window, asOf: window.to }, ctx.now);
        const result = { modelVersionId: null, verdict: 'drift', rows: 5, labelled: 1, summary, reportKey: 'tenants/t/r.html' } as const;
        if (scan && window !== days[2]) await tx.scans.succeed(scan.id, result, ctx.now);
      }
    });
    const first = await as('listScans', { query: { limit: '2' } });
    const rest = await as('listScans', { query: { limit: '2', cursor: first.body.next } });
    const all = [...first.body.items, ...rest.body.items];
    expect(all.map(({ window, status }) => `${window.from.slice(0, 10)} ${status}`)).toEqual([
      '2001-04-03 running',
      '2001-04-02 succeeded',
      '2001-04-01 succeeded',
    ]);
    logged = ['a', 'b', 'c'].map((key) => ({ key, bytes: 1 }));
    const found = await as('findScan', { path: { scan: all[1].id } });
    const { reportUrl, ...shown } = found.body;
    expect(shown).toMatchObject({
      monitor: 'world',
      model: 'flights',
      verdict: 'drift',
      headline: 'Drift: distance',
      rows: 5,
      alerted: true,
      lateFiles: 1,
      failure: null,
    });
    expect(reportUrl).toMatch(/^https:.*r\.html.*X-Amz-Signature/);
    expect(all[0]).toMatchObject({ verdict: null, headline: null, columns: [], alerted: false, reportUrl: null, endedAt: null });
    expect((await as('listScans', { query: { cursor: 'x' } })).status).toBe(400);
  });

  it('of another tenant is answered exactly like one that does not exist, and so are its scans', async () => {
    const [theirs, mine] = [await tenant(), await tenant()];
    const { body: monitor } = await theirs.put();
    const window = { from: new Date(0), to: new Date(1) };
    const begin = { monitorId: monitor.id, window, asOf: window.to };
    const scan = await plane.write(theirs.ctx, {}, (tx) => tx.scans.begin(begin, theirs.ctx.now));
    for (const operation of ['findMonitor', 'pauseMonitor', 'resumeMonitor', 'startScans', 'listScans'] as const)
      expect(await mine.as(operation, operation === 'startScans' ? { body: {} } : {})).toMatchObject({
        status: 404,
        body: { what: 'monitor' },
      });
    for (const id of [scan?.id ?? '', randomUUID()])
      expect(await mine.as('findScan', { path: { scan: id } })).toMatchObject({ status: 404, body: { what: 'scan', id } });
    expect((await mine.as('listMonitors', { path: { model: 'flights' } })).body).toEqual({ items: [] });
  });

  it.each<Operation>(['putMonitor', 'pauseMonitor', 'resumeMonitor', 'startScans'])(
    'lets nobody %s without its permission',
    async (operation) => {
      for (const role of ['viewer', 'approver', 'admin'] as const) {
        const { as } = await tenant([role]);
        expect(await as(operation, { body: operation === 'putMonitor' ? BODY : {} })).toMatchObject({ status: 403 });
      }
    },
  );
});
