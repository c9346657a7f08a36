import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongoCalls } from '#adapters/mongo/calls.ts';
import { mongoReports } from '#adapters/mongo/reports.ts';
import { parseExposition } from '../../test/support/parse-exposition.ts';
import { callOf, minutesAgo, startWatch } from '../../test/support/watch-stand.ts';

let stand: Awaited<ReturnType<typeof startWatch>>;

beforeAll(async () => {
  stand = await startWatch();
});
afterAll(() => stand?.stop());

describe('health', () => {
  it('is told from calls, rollout, scans and retraining, each tenant its own', async () => {
    const [tenant, stranger] = [await stand.newTenant(), await stand.newTenant()];
    const { version } = await stand.madeVersion(tenant);
    const path = { model: 'flights' };
    expect((await stand.ask(tenant, 'findModelHealth', path)).body).toMatchObject({
      status: 'not_live',
      liveVersion: null,
      versions: [],
      drift: [],
    });
    await stand.serving(tenant, version);
    await stand.insert(tenant, `update model_version set deployment_status = 'live' where id = $1`, [version.id]);
    const rollout = await stand.addRollout(tenant, version, 'succeeded', minutesAgo(30));
    const calls = mongoCalls(stand.database);
    await calls.insertOnce(tenant.id, [
      ...Array.from({ length: 29 }, (_, i) => callOf(version, { durationMs: i + 1 })),
      callOf(version, { outcome: 'error', durationMs: 3000, scores: new Float32Array(0) }),
      callOf(version, { receivedAt: minutesAgo(90).toISOString() }),
    ]);
    await calls.insertOnce(stranger.id, [callOf(version)]);
    const monitor = randomUUID();
    await stand.insert(
      tenant,
      `insert into monitor (id, model_id, name, settings, created_by) values ($1, $2, 'daily', '{"clock":"watermark"}', 'ada')`,
      [monitor, version.modelId],
    );
    const summary = {
      columns: [{ column: 'distance', verdict: 'drift', effect: { name: 'w', value: 0.4, threshold: 0.1 } }],
      prediction: null,
      target: null,
      performance: [],
      decay: null,
      alerted: [],
      cause: null,
    };
    const scans = [randomUUID(), randomUUID()] as const;
    for (const [index, scan] of scans.entries())
      await stand.insert(
        tenant,
        `insert into scan (id, monitor_id, model_version_id, window_start, window_end, as_of, status, verdict, rows, summary, ended_at)
         values ($1, $2, $3, $4, $5, $5, 'succeeded', $6, 100, $7, now())`,
        [
          scan,
          monitor,
          version.id,
          `2001-04-0${index + 1}`,
          `2001-04-0${index + 2}`,
          index === 1 ? 'drift' : 'no_drift',
          JSON.stringify(summary),
        ],
      );
    await stand.insert(
      tenant,
      `insert into retraining (id, model_id, monitor_id, scan_id, cause, decision, reason, details, decided_at)
       values ($1, $2, $3, $4, 'c', 'refuse', 'cooldown', '{}', now())`,
      [randomUUID(), version.modelId, monitor, scans[1]],
    );

    const { body } = await stand.ask(tenant, 'findModelHealth', path);
    expect(body).toMatchObject({
      status: 'degraded',
      liveVersion: 1,
      rollout: { id: rollout, share: 0.25, status: 'succeeded' },
      versions: [{ version: 1, share: 1, calls: 30, rows: 116, errors: 1, latencyMs: { p50: 15, p95: 28, p99: 29, calls: 29 } }],
      drift: [{ monitor: 'daily', verdict: 'drift', scan: scans[1], window: { from: '2001-04-02T00:00:00.000Z' } }],
      retraining: { decision: 'refuse', reason: 'cooldown' },
      window: { minutes: 60 },
    });
    expect(body.reasons).toEqual([expect.stringContaining('failed 1 of 30 calls'), expect.stringContaining('found drift in distance')]);
    expect((await stand.ask(tenant, 'findModelHealth', path, { minutes: '120' })).body.versions[0].calls).toBe(31);
    expect(await stand.ask(stranger, 'findModelHealth', path)).toMatchObject({ status: 404, body: { type: '/problems/not_found' } });
    for (const minutes of ['0', '1441', '1.5', 'x'])
      expect((await stand.ask(tenant, 'findModelHealth', path, { minutes })).status).toBe(400);

    const { body: text, headers } = await stand.ask(tenant, 'readMetrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const families = parseExposition(text);
    const labels = { tenant: tenant.slug, model: 'flights', version: '1' };
    expect(families.get('sluice_prediction_errors_total')?.samples).toEqual([{ name: 'sluice_prediction_errors_total', labels, value: 1 }]);
    expect(families.get('sluice_drift_effect')?.samples).toMatchObject([{ labels: { column: 'distance', monitor: 'daily' }, value: 0.4 }]);
    expect(families.get('sluice_drift_scans_total')?.samples.map(({ value }) => value)).toEqual([1, 1]);
    expect(families.get('sluice_retraining_decisions_total')?.samples).toMatchObject([{ labels: { reason: 'cooldown' }, value: 1 }]);
    expect(parseExposition((await stand.ask(stranger, 'readMetrics')).body).has('sluice_prediction_calls_total')).toBe(false);
  });

  it('of a first version that is being rolled out tells how far it is', async () => {
    const tenant = await stand.newTenant();
    const { version } = await stand.madeVersion(tenant);
    await stand.addRollout(tenant, version, 'running', minutesAgo(1));
    await stand.serving(tenant, version, 0.25);
    expect((await stand.ask(tenant, 'findModelHealth', { model: 'flights' })).body).toMatchObject({
      status: 'not_live',
      versions: [{ version: 1, share: 0.25, calls: 0, lastCallAt: null }],
      rollout: { version: 1, share: 0.25, status: 'running' },
      reasons: ['No version of the model is live.', 'Version 1 is being rolled out and serves 25 % of the units so far.'],
    });
  });
});

describe('health of a model whose rollout went back', () => {
  it('tells of it, with and without a version that is still live', async () => {
    const tenant = await stand.newTenant();
    const first = (await stand.madeVersion(tenant)).version;
    const health = async () => (await stand.ask(tenant, 'findModelHealth', { model: 'flights' })).body;
    const back = await stand.addRollout(tenant, first, 'rolled_back', minutesAgo(3));
    const why = [expect.stringMatching(/^Version 1 was rolled back at .*: It failed too often\.$/)];
    expect(await health()).toMatchObject({
      status: 'not_live',
      liveVersion: null,
      rollout: { id: back, share: 0, status: 'rolled_back' },
      reasons: ['No version of the model is live.', ...why],
    });
    await stand.insert(tenant, `update model_version set deployment_status = 'live' where id = $1`, [first.id]);
    await stand.serving(tenant, first);
    expect(await health()).toMatchObject({ status: 'degraded', liveVersion: 1, versions: [{ version: 1, share: 1 }], reasons: why });
    const families = parseExposition((await stand.ask(tenant, 'readMetrics')).body);
    expect(families.get('sluice_rollouts_total')?.samples).toMatchObject([{ labels: { status: 'rolled_back' }, value: 1 }]);
    expect(families.has('sluice_rollout_active')).toBe(false);
  });
});

describe('counters', () => {
  it('grow with every call and count a call that is logged twice once', async () => {
    const tenant = await stand.newTenant();
    const { version } = await stand.madeVersion(tenant);
    const calls = mongoCalls(stand.database);
    const now = new Date().toISOString();
    const total = async () =>
      parseExposition((await stand.ask(tenant, 'readMetrics')).body).get('sluice_prediction_calls_total')?.samples[0]?.value;
    const first = callOf(version, { receivedAt: now });
    await calls.insertOnce(tenant.id, [first]);
    expect(await total()).toBe(1);
    await calls.insertOnce(tenant.id, [first, callOf(version, { receivedAt: now })]);
    expect(await total()).toBe(2);
  });
});

describe('a report', () => {
  it('comes as it was written, to its tenant', async () => {
    const [tenant, stranger] = [await stand.newTenant(), await stand.newTenant()];
    const scan = randomUUID();
    const report = { scan, monitor: 'daily', verdict: 'drift', judgement: { columns: [{ column: 'a.$b' }] } };
    await mongoReports(stand.database).putOnce(tenant.id, scan, report as never);
    expect(await stand.ask(tenant, 'readScanReport', { scan })).toMatchObject({ status: 200, body: report });
    expect(await stand.ask(stranger, 'readScanReport', { scan })).toMatchObject({ status: 404 });
  });
});
