import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongoCalls } from '#adapters/mongo/calls.ts';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import { mongoReports } from '#adapters/mongo/reports.ts';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { watchingPlane } from '#adapters/postgres/watching-plane.ts';
import { watchRoutes } from '#api/watch.ts';
import { startRun } from '#core/experiments/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { registerVersion } from '#core/registry/index.ts';
import type { CallRecord } from '#core/serving/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { alertedScan } from '../../test/support/alerted-scan.ts';
import { startMongo, type TestMongo } from '../../test/support/mongo.ts';
import { newExecution } from '../../test/support/new-execution.ts';
import { parseExposition } from '../../test/support/parse-exposition.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { predictionFile } from '../../test/support/prediction-file.ts';
import { type HttpHandler, routeCaller } from '../../test/support/route-caller.ts';
import { watchHandlers } from './watch-handlers.ts';

/** The audit's routes have their tests where S3 is. */
const NO_EVIDENCE = { read: async () => undefined, after: async () => [] };

type Tenant = Awaited<ReturnType<TestPostgres['newTenant']>>;

let mongo: TestMongo;
let postgres: TestPostgres;
let plane: ControlPlane;
let handler: HttpHandler;
const database = async () => mongo.client.db(mongo.database);

beforeAll(async () => {
  [postgres, mongo] = await Promise.all([startPostgres(), startMongo()]);
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  handler = serve(watchRoutes, watchHandlers({ plane: watchingPlane(postgres), mongo: database, evidence: NO_EVIDENCE }), {
    name: 'watch',
  }) as HttpHandler;
});
afterAll(() => Promise.all([postgres.stop(), mongo.stop()]));

const contextOf = ({ id: tenant }: Tenant, principal = 'ada', now = new Date()): Context => ({
  tenant,
  principal: { id: principal, kind: 'user', roles: [] },
  now,
  requestId: randomUUID(),
});

/** Calls as a viewer of the tenant. */
function ask(tenant: Tenant, operation: keyof typeof watchRoutes, path: Record<string, string> = {}, query?: Record<string, string>) {
  return routeCaller(watchRoutes, () => handler, { tenant, roles: ['viewer'], principal: 'vic' })(operation, { path, query });
}

const rows = (part: string) => ({
  sha256: part.repeat(64),
  rows: 10,
  positives: 3,
  from: '2001-01-01T00:00:00Z',
  until: null,
  key: `tenants/${part}`,
  bytes: 1,
});

/** A version with everything behind it, as the training machine and a rollout leave it. */
async function madeVersion(tenant: Tenant) {
  const ctx = contextOf(tenant);
  return plane.write(ctx, {}, async (tx) => {
    const execution = await newExecution(tx, ctx);
    const runId = randomUUID().replaceAll('-', '');
    const metrics = [{ key: 'validation:auc', value: 0.7, step: 0, timestamp: ctx.now.getTime() }];
    await startRun(tx, ctx, { id: runId, experiment: 'flights', name: 'run', params: { seed: '7' }, metrics });
    const outputs = {
      split: { parts: { train: rows('1'), validation: rows('2'), test: rows('3') }, boundaries: null },
      train: { runId, job: 'sluice-job', artifacts: {}, metrics: {}, seconds: { training: 12, billable: 12 } },
    };
    for (const [step, output] of Object.entries(outputs)) {
      const at = { execution, step, inputHash: step.padEnd(64, '0') };
      const { attempt } = await tx.steps.begin(at, ctx.now);
      await tx.steps.succeed({ ...at, attempt, output }, ctx.now);
    }
    const evaluation = await tx.evaluations.add(
      {
        id: randomUUID(),
        execution,
        artifactSha256: 'a'.repeat(64),
        rowsSha256: '3'.repeat(64),
        rows: 10,
        metrics: { auc: { value: 0.7, low: 0.65, high: 0.75 } },
        details: {},
        reportKey: 'r',
      },
      ctx.now,
    );
    const gate = {
      gate: 'auc',
      metric: 'auc',
      comparison: 'at_least',
      observed: 0.65,
      threshold: 0.6,
      passed: true,
      reason: 'good',
    } as const;
    await tx.evaluations.setVerdicts({ execution, evaluation: evaluation.id, policyVersion: 3 }, [gate], ctx.now);
    const { id: datasetVersionId } = (await tx.datasets.findVersion('flights')) ?? { id: '' };
    const version = await registerVersion(tx, ctx, {
      model: 'flights',
      runId,
      executionId: execution,
      datasetVersionId,
      evaluationId: evaluation.id,
      artifactKey: 'tenants/x/model.onnx',
      artifactSha256: 'a'.repeat(64),
      artifactBytes: 5,
      signatureKey: 's',
      profileKey: null,
      trainingKey: null,
      signature: { version: 1 },
    });
    const approval = await tx.approvals.request(
      {
        execution,
        requestedFor: 'x',
        author: 'ada',
        evidence: {},
        policyVersion: 0,
        expiresAt: new Date(Date.now() + 60_000),
        taskToken: 't',
      },
      ctx.now,
    );
    await tx.approvals.decide(approval.id, { status: 'approved', by: 'bob', comment: 'fine by me', policyVersion: 4 }, ctx.now);
    return { execution, runId, version, approval: approval.id, evaluation: evaluation.id };
  });
}

/** Rows that other capabilities write, put there by the tables' owner. */
function insert(tenant: Tenant, sql: string, values: readonly unknown[]) {
  return postgres.asOwner(async (client) => {
    await client.query(`select set_config('sluice.tenant', $1, false)`, [tenant.id]);
    await client.query(sql, [...values]);
  });
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

async function addRollout(tenant: Tenant, { modelId, id: versionId }: { modelId: string; id: string }, status: string, at: Date) {
  const id = randomUUID();
  const ended = ['running', 'paused', 'queued'].includes(status) ? null : at;
  await insert(
    tenant,
    `insert into rollout (id, model_id, model_version_id, alias, plan, status, step, step_since, reason, created_by, created_at, started_at, ended_at)
     values ($1, $2, $3, 'champion', $4, $5, 0, $6, $7, 'ada', $6, $6, $8)`,
    [
      id,
      modelId,
      versionId,
      JSON.stringify({
        steps: [
          { share: 0.25, bakeSeconds: 1 },
          { share: 1, bakeSeconds: 1 },
        ],
      }),
      status,
      at,
      status === 'rolled_back' ? JSON.stringify({ code: 'errors', sentence: 'It failed too often.' }) : null,
      ended,
    ],
  );
  await insert(
    tenant,
    `insert into rollout_judgement (rollout_id, number, step, verdict, checks, decided_at) values ($1, 1, 0, 'advance', $2, $3)`,
    [id, JSON.stringify([{ check: 'errors', sentence: 'None failed.' }]), at],
  );
  return id;
}

type Version = Awaited<ReturnType<typeof madeVersion>>['version'];

/** One prediction that the version gave, in the log. */
async function predicted(tenant: Tenant, { id: versionId, modelId }: Version): Promise<string> {
  const id = randomUUID();
  const file = predictionFile(tenant.id, `file-${id}`, [id]);
  const rows = file.rows.map((row) => ({ ...row, versionId, modelId }));
  await mongoPredictionLog(database, () => new Date()).claim(tenant.id, [{ ...file, rows }]);
  return id;
}

/** The version's share of the units; what no version serves is the rest. */
function serving(tenant: Tenant, { modelId, id: versionId, number }: Version, share = 1) {
  return insert(
    tenant,
    `insert into deployment (id, model_id, model_version_id, revision, arms, unserved, status, created_by) values ($1, $2, $3, 1, $4, $5, 'live', 'ada')`,
    [randomUUID(), modelId, versionId, JSON.stringify([{ versionId, version: number, weight: share }]), 1 - share],
  );
}

const call = (version: { modelId: string; id: string; number: number }, more: Partial<CallRecord> = {}): CallRecord => ({
  id: randomUUID(),
  model: 'flights',
  modelId: version.modelId,
  versionId: version.id,
  version: version.number,
  arm: `v${version.number}`,
  // The metrics count from midnight on: as near to now as may be.
  receivedAt: minutesAgo(0.01).toISOString(),
  rows: 4,
  durationMs: 20,
  outcome: 'ok',
  scores: new Float32Array(4),
  ...more,
});

describe('lineage', () => {
  it('leads from a prediction to everything behind it', async () => {
    const tenant = await postgres.newTenant();
    const made = await madeVersion(tenant);
    const rollout = await addRollout(tenant, made.version, 'succeeded', new Date('2001-03-31T00:00:00Z'));
    await addRollout(tenant, made.version, 'rolled_back', new Date('2001-05-01T00:00:00Z'));
    const id = await predicted(tenant, made.version);
    const label = {
      predictionId: id,
      value: true,
      observedAt: '2001-04-02T00:00:00.000Z',
      receivedAt: '2001-04-02T00:00:00.000Z',
      recordedBy: 'x',
    };
    await mongoLabels(database).insertOnce(tenant.id, [label]);

    const { status, body } = await ask(tenant, 'findPredictionLineage', { prediction: id.toUpperCase() });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      prediction: { id, model: 'flights', version: 1, arm: 'v1' },
      groundTruth: { value: true },
      version: { number: 1, artifactSha256: 'a'.repeat(64) },
      run: { id: made.runId, experiment: 'flights', params: { seed: '7' }, metrics: { 'validation:auc': 0.7 } },
      execution: { id: made.execution, createdBy: 'ada' },
      retraining: null,
      pipeline: { name: 'flights', version: 1, sourceSha256: 'e'.repeat(64) },
      dataset: { name: 'flights', version: 1, sha256: 'd'.repeat(64), bytes: 10 },
      rows: { train: { sha256: '1'.repeat(64), rows: 10 }, test: { sha256: '3'.repeat(64) } },
      training: { job: 'sluice-job', seconds: 12 },
      evaluation: { id: made.evaluation, rowsSha256: '3'.repeat(64), metrics: { auc: { value: 0.7 } } },
      gates: [{ gate: 'auc', passed: true, reason: 'good', policyVersion: 3 }],
      approval: { id: made.approval, decidedBy: 'bob', comment: 'fine by me', policyVersion: 4 },
      rollout: { id: rollout, status: 'succeeded', judgements: [{ number: 1, verdict: 'advance' }] },
    });
    expect(JSON.stringify(body)).not.toContain('tenants/');

    const stranger = await postgres.newTenant();
    const answers = [id, randomUUID()].map(async (prediction) => {
      const { status, body } = await ask(stranger, 'findPredictionLineage', { prediction });
      const { instance: _, ...rest } = body;
      return { status, ...rest, id: '' };
    });
    const [theirs, none] = await Promise.all(answers);
    expect(theirs).toEqual(none);
    expect(theirs).toMatchObject({ status: 404, type: '/problems/not_found' });
  });
});

describe('lineage of a version that came by retraining', () => {
  it('shows the decision, its cause and the window that was scanned', async () => {
    const tenant = await postgres.newTenant();
    const made = await madeVersion(tenant);
    const ctx = contextOf(tenant);
    const decided = await plane.write(ctx, {}, async (tx) => {
      const { scan } = await alertedScan(tx, ctx, { model: 'flights', monitor: 'daily', what: ['distance'] });
      const finding = await tx.retrainings.lockFinding(scan);
      if (!finding) throw new Error('the scan asks for nothing');
      return tx.retrainings.add(
        { finding, cause: finding.cause, decision: 'start', reason: 'drift', details: {}, policyVersion: 0, executionId: made.execution },
        ctx.now,
      );
    });
    const { body } = await ask(tenant, 'findPredictionLineage', { prediction: await predicted(tenant, made.version) });
    expect(body.retraining).toEqual({
      id: decided.id,
      monitor: 'daily',
      scan: decided.scan,
      cause: decided.cause,
      reason: 'drift',
      decidedAt: ctx.now.toISOString(),
      window: { from: '2001-04-01T00:00:00.000Z', to: '2001-04-01T01:00:00.000Z' },
    });
    expect(body.rollout).toBeNull();
  });
});

describe('health', () => {
  it('is told from calls, rollout, scans and retraining, each tenant its own', async () => {
    const [tenant, stranger] = [await postgres.newTenant(), await postgres.newTenant()];
    const { version } = await madeVersion(tenant);
    const path = { model: 'flights' };
    expect((await ask(tenant, 'findModelHealth', path)).body).toMatchObject({
      status: 'not_live',
      liveVersion: null,
      versions: [],
      drift: [],
    });
    await serving(tenant, version);
    await insert(tenant, `update model_version set deployment_status = 'live' where id = $1`, [version.id]);
    const rollout = await addRollout(tenant, version, 'succeeded', minutesAgo(30));
    const calls = mongoCalls(database);
    await calls.insertOnce(tenant.id, [
      ...Array.from({ length: 29 }, (_, i) => call(version, { durationMs: i + 1 })),
      call(version, { outcome: 'error', durationMs: 3000, scores: new Float32Array(0) }),
      call(version, { receivedAt: minutesAgo(90).toISOString() }),
    ]);
    await calls.insertOnce(stranger.id, [call(version)]);
    const monitor = randomUUID();
    await insert(
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
      await insert(
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
    await insert(
      tenant,
      `insert into retraining (id, model_id, monitor_id, scan_id, cause, decision, reason, details, decided_at)
       values ($1, $2, $3, $4, 'c', 'refuse', 'cooldown', '{}', now())`,
      [randomUUID(), version.modelId, monitor, scans[1]],
    );

    const { body } = await ask(tenant, 'findModelHealth', path);
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
    expect((await ask(tenant, 'findModelHealth', path, { minutes: '120' })).body.versions[0].calls).toBe(31);
    expect(await ask(stranger, 'findModelHealth', path)).toMatchObject({ status: 404, body: { type: '/problems/not_found' } });
    for (const minutes of ['0', '1441', '1.5', 'x']) expect((await ask(tenant, 'findModelHealth', path, { minutes })).status).toBe(400);

    const { body: text, headers } = await ask(tenant, 'readMetrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const families = parseExposition(text);
    const labels = { tenant: tenant.slug, model: 'flights', version: '1' };
    expect(families.get('sluice_prediction_errors_total')?.samples).toEqual([{ name: 'sluice_prediction_errors_total', labels, value: 1 }]);
    expect(families.get('sluice_drift_effect')?.samples).toMatchObject([{ labels: { column: 'distance', monitor: 'daily' }, value: 0.4 }]);
    expect(families.get('sluice_drift_scans_total')?.samples.map(({ value }) => value)).toEqual([1, 1]);
    expect(families.get('sluice_retraining_decisions_total')?.samples).toMatchObject([{ labels: { reason: 'cooldown' }, value: 1 }]);
    expect(parseExposition((await ask(stranger, 'readMetrics')).body).has('sluice_prediction_calls_total')).toBe(false);
  });

  it('of a first version that is being rolled out tells how far it is', async () => {
    const tenant = await postgres.newTenant();
    const { version } = await madeVersion(tenant);
    await addRollout(tenant, version, 'running', minutesAgo(1));
    await serving(tenant, version, 0.25);
    expect((await ask(tenant, 'findModelHealth', { model: 'flights' })).body).toMatchObject({
      status: 'not_live',
      versions: [{ version: 1, share: 0.25, calls: 0, lastCallAt: null }],
      rollout: { version: 1, share: 0.25, status: 'running' },
      reasons: ['No version of the model is live.', 'Version 1 is being rolled out and serves 25 % of the units so far.'],
    });
  });
});

describe('health of a model whose rollout went back', () => {
  it('tells of it, with and without a version that is still live', async () => {
    const tenant = await postgres.newTenant();
    const first = (await madeVersion(tenant)).version;
    const health = async () => (await ask(tenant, 'findModelHealth', { model: 'flights' })).body;
    const back = await addRollout(tenant, first, 'rolled_back', minutesAgo(3));
    const why = [expect.stringMatching(/^Version 1 was rolled back at .*: It failed too often\.$/)];
    expect(await health()).toMatchObject({
      status: 'not_live',
      liveVersion: null,
      rollout: { id: back, share: 0, status: 'rolled_back' },
      reasons: ['No version of the model is live.', ...why],
    });
    await insert(tenant, `update model_version set deployment_status = 'live' where id = $1`, [first.id]);
    await serving(tenant, first);
    expect(await health()).toMatchObject({ status: 'degraded', liveVersion: 1, versions: [{ version: 1, share: 1 }], reasons: why });
    const families = parseExposition((await ask(tenant, 'readMetrics')).body);
    expect(families.get('sluice_rollouts_total')?.samples).toMatchObject([{ labels: { status: 'rolled_back' }, value: 1 }]);
    expect(families.has('sluice_rollout_active')).toBe(false);
  });
});

describe('counters', () => {
  it('grow with every call and count a call that is logged twice once', async () => {
    const tenant = await postgres.newTenant();
    const { version } = await madeVersion(tenant);
    const calls = mongoCalls(database);
    const now = new Date().toISOString();
    const total = async () =>
      parseExposition((await ask(tenant, 'readMetrics')).body).get('sluice_prediction_calls_total')?.samples[0]?.value;
    const first = call(version, { receivedAt: now });
    await calls.insertOnce(tenant.id, [first]);
    expect(await total()).toBe(1);
    await calls.insertOnce(tenant.id, [first, call(version, { receivedAt: now })]);
    expect(await total()).toBe(2);
  });
});

describe('a report', () => {
  it('comes as it was written, to its tenant', async () => {
    const [tenant, stranger] = [await postgres.newTenant(), await postgres.newTenant()];
    const scan = randomUUID();
    const report = { scan, monitor: 'daily', verdict: 'drift', judgement: { columns: [{ column: 'a.$b' }] } };
    await mongoReports(database).putOnce(tenant.id, scan, report as never);
    expect(await ask(tenant, 'readScanReport', { scan })).toMatchObject({ status: 200, body: report });
    expect(await ask(stranger, 'readScanReport', { scan })).toMatchObject({ status: 404 });
  });
});
