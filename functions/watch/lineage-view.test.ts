import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { alertedScan } from '../../test/support/alerted-scan.ts';
import { contextOf, startWatch } from '../../test/support/watch-stand.ts';

let stand: Awaited<ReturnType<typeof startWatch>>;

beforeAll(async () => {
  stand = await startWatch();
});
afterAll(() => stand?.stop());

describe('lineage', () => {
  it('leads from a prediction to everything behind it', async () => {
    const tenant = await stand.newTenant();
    const made = await stand.madeVersion(tenant);
    const rollout = await stand.addRollout(tenant, made.version, 'succeeded', new Date('2001-03-31T00:00:00Z'));
    await stand.addRollout(tenant, made.version, 'rolled_back', new Date('2001-05-01T00:00:00Z'));
    const id = await stand.predicted(tenant, made.version);
    const label = {
      predictionId: id,
      value: true,
      observedAt: '2001-04-02T00:00:00.000Z',
      receivedAt: '2001-04-02T00:00:00.000Z',
      recordedBy: 'x',
    };
    await mongoLabels(stand.database).insertOnce(tenant.id, [label]);

    const { status, body } = await stand.ask(tenant, 'findPredictionLineage', { prediction: id.toUpperCase() });
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

    const stranger = await stand.newTenant();
    const answers = [id, randomUUID()].map(async (prediction) => {
      const { status, body } = await stand.ask(stranger, 'findPredictionLineage', { prediction });
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
    const tenant = await stand.newTenant();
    const made = await stand.madeVersion(tenant);
    const ctx = contextOf(tenant);
    const decided = await stand.plane.write(ctx, {}, async (tx) => {
      const { scan } = await alertedScan(tx, ctx, { model: 'flights', monitor: 'daily', what: ['distance'] });
      const finding = await tx.retrainings.lockFinding(scan);
      if (!finding) throw new Error('the scan asks for nothing');
      return tx.retrainings.add(
        { finding, cause: finding.cause, decision: 'start', reason: 'drift', details: {}, policyVersion: 0, executionId: made.execution },
        ctx.now,
      );
    });
    const { body } = await stand.ask(tenant, 'findPredictionLineage', { prediction: await stand.predicted(tenant, made.version) });
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
