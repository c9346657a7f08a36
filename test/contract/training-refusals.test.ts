import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideApproval } from '../../core/governance/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import { DELAYS_ROWS, GATED_DELAYS } from '../support/delays-pipeline.ts';
import { goodModel, startTrainingSteps } from '../support/training-steps.ts';

let steps: Awaited<ReturnType<typeof startTrainingSteps>>;
let ctx: Context;

beforeAll(async () => {
  steps = await startTrainingSteps();
  ctx = steps.contextOf((await steps.newTenant()).id);
  await steps.addDataset(ctx, DELAYS_ROWS);
});

afterAll(() => steps?.stop());

function fail(execution: string, at: string, error: string, cause = '') {
  return steps.run('pipeline-step', ctx, execution, 'record-failure', { at, error, cause });
}

describe('the steps of the training machine', () => {
  it('end as refused when a gate stays shut, and keep the first reason', async () => {
    const id = await steps.upToEvaluation(ctx, GATED_DELAYS, 'strict');
    expect(await steps.run('pipeline-step', ctx, id, 'gates')).toMatchObject({
      passed: false,
      failures: [expect.stringMatching(/^auc .* is not at least 0.999$/)],
    });
    await fail(id, 'DecideGates', 'gate_failed', '{"failures":[]}');
    await fail(id, 'DecideGates', 'defect', 'too late');
    const execution = await steps.plane.read(ctx, (tx) => tx.executions.find(id));
    expect(execution).toMatchObject({
      status: 'refused',
      failure: { code: 'gate_failed', at: 'gates', gates: [expect.stringContaining('0.999')] },
    });
  });

  it.each([
    { error: 'rollout_rolled_back', status: 'refused', code: 'errors' },
    { error: 'rollout_failed', status: 'failed', code: 'machine_failed' },
  ])('end as $status on $error, with what the rollout says', async ({ error, status, code }) => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, DELAYS_ROWS);
    const { id } = await steps.start(own, GATED_DELAYS, 'alone');
    const told = { rollout: 'r', reason: { code, sentence: 'It failed too often.' } };
    await steps.run('pipeline-step', own, id, 'record-failure', { at: 'RollOut', error, cause: JSON.stringify(told) });
    expect(await steps.plane.read(own, (tx) => tx.executions.find(id))).toMatchObject({
      status,
      failure: { code: error, ...told, at: 'roll-out' },
    });
  });

  it.each([
    { name: 'a pickle', entries: [{ name: './model.pkl', content: 'gASV' }], code: 'model_not_onnx' },
    { name: 'a pickle by another name', entries: [{ name: 'model.onnx', content: Buffer.from('\x80\x04\x95') }], code: 'model_not_onnx' },
    { name: 'a link', entries: [{ name: 'model.onnx', type: 'symlink' as const }], code: 'model_not_onnx' },
    { name: 'a path out of the folder', entries: [{ name: '../model.onnx', content: 'x' }], code: 'model_not_onnx' },
    { name: 'nothing', entries: [], code: 'model_missing' },
  ])('refuse a job that leaves $name, with the reason stored', async ({ entries, code }) => {
    // Another seed is another input, so nothing recorded is taken.
    const { id } = await steps.start(
      ctx,
      GATED_DELAYS.replace('gradient_boosting }', `gradient_boosting, seed: ${100 + Math.floor(Math.random() * 1e6)} }`),
    );
    await expect(steps.train(ctx, id, entries)).rejects.toMatchObject({ name: code });
    await fail(id, 'RecordTraining', code, 'whatever the machine says');
    const found = await steps.plane.read(ctx, async (tx) => ({ execution: await tx.executions.find(id), steps: await tx.steps.list(id) }));
    expect(found.execution).toMatchObject({ status: 'failed', failure: { code, at: 'train' } });
    expect(found.steps.at(-1)).toMatchObject({ step: 'train', status: 'refused', failure: { code } });
    const run = await steps.plane.read(ctx, (tx) => tx.runs.find(found.execution?.runId ?? ''));
    expect(run?.status).toBe('FAILED');
  });

  it('take no model of a job that was stopped, however whole it looks', async () => {
    const { id } = await steps.start(ctx, GATED_DELAYS.replace('gradient_boosting }', 'gradient_boosting, seed: 98 }'));
    const { job } = (await steps.upToTraining(ctx, id)) as { job: { TrainingJobName: string } };
    const { runId } = (await steps.plane.read(ctx, (tx) => tx.executions.find(id))) ?? {};
    const finished = await steps.finishJob(ctx, runId ?? '', job.TrainingJobName, await goodModel());
    const stopped = { ...finished, description: { ...finished.description, TrainingJobStatus: 'Stopped' } };
    await expect(steps.run('pipeline-step', ctx, id, 'record-training', stopped)).rejects.toMatchObject({
      failure: { code: 'training_failed', reason: 'the job ended as Stopped' },
    });
    await fail(id, 'RecordTraining', 'training_failed', '{"errorMessage":"x"}');
    expect(await steps.plane.read(ctx, (tx) => tx.executions.find(id))).toMatchObject({
      status: 'failed',
      failure: { code: 'training_failed' },
    });
  });

  it('say why a job failed, in SageMaker’s words', async () => {
    const { id } = await steps.start(ctx, GATED_DELAYS.replace('gradient_boosting }', 'gradient_boosting, seed: 99 }'));
    const planned = (await steps.upToTraining(ctx, id)) as { job: { TrainingJobName: string } };
    const cause = JSON.stringify({
      TrainingJobName: planned.job.TrainingJobName,
      TrainingJobStatus: 'Failed',
      FailureReason: 'AlgorithmError: no rows',
    });
    await fail(id, 'Train', 'States.TaskFailed', cause);
    const execution = await steps.plane.read(ctx, (tx) => tx.executions.find(id));
    expect(execution).toMatchObject({
      status: 'failed',
      failure: { code: 'training_failed', job: planned.job.TrainingJobName, reason: 'AlgorithmError: no rows' },
    });
  });

  it.each([
    {
      name: 'another schema',
      query: 'select 1 as distance, true as late',
      code: 'schema_mismatch',
      issue: { column: 'delay', rule: 'missing_column' },
    },
    {
      name: 'a 5 % missing column',
      query: DELAYS_ROWS.replace('(200 + hash(i) % 2000)::integer', 'case when i % 20 = 0 then null else 500 end'),
      code: 'quality_failed',
      issue: { column: 'distance', rule: 'missing', observed: '5 %', limit: 'at most 1 %' },
    },
    {
      name: 'one class',
      query: DELAYS_ROWS.replace(/\(hash\(i, 1\) % 40\) \+.*as late/, 'true as late'),
      code: 'quality_failed',
      issue: { column: 'late', rule: 'two_classes' },
    },
  ])('refuse a dataset with $name before anything is trained', async ({ query, code, issue }) => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, query);
    const { id } = await steps.start(own, GATED_DELAYS);
    await expect(steps.run('data-step', own, id, 'validate')).rejects.toMatchObject({
      name: code,
      failure: { issues: expect.arrayContaining([expect.objectContaining(issue)]) },
    });
    await steps.run('pipeline-step', own, id, 'record-failure', { at: 'Validate', error: code, cause: '{}' });
    const execution = await steps.plane.read(own, (tx) => tx.executions.find(id));
    expect(execution).toMatchObject({
      status: 'failed',
      failure: { code, at: 'validate', issues: expect.arrayContaining([expect.objectContaining(issue)]) },
    });
  });

  it('refuse bytes that are not the registered ones, and a file that is no Parquet', async () => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDatasetFile(own, Buffer.from('other bytes'), 'a'.repeat(64));
    const first = await steps.start(own, GATED_DELAYS);
    await expect(steps.run('data-step', own, first.id, 'validate')).rejects.toMatchObject({
      failure: { code: 'upload_mismatch', expected: 'a'.repeat(64) },
    });
    await steps.run('pipeline-step', own, first.id, 'record-failure', { at: 'Validate', error: 'upload_mismatch', cause: '' });
    await steps.addDatasetFile(own, Buffer.from('no parquet at all'));
    const second = await steps.start(own, GATED_DELAYS);
    await expect(steps.run('data-step', own, second.id, 'validate')).rejects.toMatchObject({
      name: 'dataset_unreadable',
      message: expect.not.stringContaining('/tmp'),
    });
  });
});

describe('an execution that ended outside its machine', () => {
  const stopped = { error: 'execution_stopped', cause: 'wrong data' };

  it('is stopped with the reason, its open step closed, and the pipeline can start again', async () => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, DELAYS_ROWS);
    const { id } = await steps.start(own, GATED_DELAYS);
    await steps.run('data-step', own, id, 'validate');
    await steps.run('data-step', own, id, 'split');
    await steps.run('pipeline-step', own, id, 'plan-training');
    expect(await steps.run('pipeline-step', own, id, 'record-failure', stopped)).toMatchObject({ status: 'stopped' });
    const found = await steps.plane.read(own, async (tx) => ({ execution: await tx.executions.find(id), steps: await tx.steps.list(id) }));
    expect(found.execution).toMatchObject({ status: 'stopped', failure: { code: 'execution_stopped', reason: 'wrong data', at: 'train' } });
    expect(found.steps.at(-1)).toMatchObject({ step: 'train', status: 'failed' });
    // Told again, and differently: the first reason stays.
    const again = await Promise.all([
      steps.run('pipeline-step', own, id, 'record-failure', stopped),
      steps.run('pipeline-step', own, id, 'record-failure', { at: 'Train', error: 'States.Timeout', cause: '' }),
    ]);
    expect(again).toMatchObject([{ status: 'stopped' }, { status: 'stopped' }]);
    expect((await steps.start(own, GATED_DELAYS)).status).toBe('queued');
  });

  it.each([
    ['stopped', stopped],
    ['refused', { at: 'AwaitApproval', error: 'approval_expired', cause: 'Nobody decided in time.' }],
  ])('leaves no approval open: %s', async (status, end) => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, DELAYS_ROWS);
    const { id } = await steps.start(own, GATED_DELAYS);
    await steps.run('data-step', own, id, 'validate');
    const asked = await steps.plane.write(own, {}, (tx) =>
      tx.approvals.request(
        {
          execution: id,
          requestedFor: 'a model',
          author: 'ada',
          evidence: {},
          policyVersion: 0,
          expiresAt: new Date(Date.now() + 60_000),
          taskToken: 't',
        },
        own.now,
      ),
    );
    await steps.plane.write(own, {}, (tx) => tx.executions.change(id, { status: 'awaiting_approval' }, own.now));
    expect(await steps.run('pipeline-step', own, id, 'record-failure', end)).toMatchObject({ status });
    expect(await steps.plane.read(own, (tx) => tx.approvals.find(asked.id))).toMatchObject({ status: 'expired' });
    const other: Context = { ...own, principal: { id: 'grace', kind: 'user', roles: ['approver'] } };
    const decide = steps.plane.write(other, {}, (tx) =>
      decideApproval(tx, other, { approval: asked.id, decision: 'approved', comment: '' }),
    );
    await expect(decide).rejects.toMatchObject({ failure: { code: 'approval_decided', status: 'expired' } });
  });
});
