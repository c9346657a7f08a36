import { randomUUID } from 'node:crypto';
import type { ControlTx } from '../../adapters/postgres/control-tx.ts';
import { startRun } from '../../core/experiments/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import { registerVersion } from '../../core/registry/index.ts';
import { BARE_VERSION } from './bare-version.ts';
import { newExecution } from './new-execution.ts';

const rows = (part: string) => ({
  sha256: part.repeat(64),
  rows: 10,
  positives: 3,
  from: '2001-01-01T00:00:00Z',
  until: null,
  key: `tenants/${part}`,
  bytes: 1,
});

/** A version with everything behind it, run, evaluation, gates and approval included, as the training machine leaves it. */
export async function trainedVersion(tx: ControlTx, ctx: Context) {
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
    ...BARE_VERSION,
    model: 'flights',
    runId,
    executionId: execution,
    datasetVersionId,
    evaluationId: evaluation.id,
    artifactKey: 'tenants/x/model.onnx',
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
}
