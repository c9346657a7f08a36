import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideApproval } from '../../core/governance/index.ts';
import { type Context, StoreUnavailable } from '../../core/kernel/index.ts';
import { startRollout } from '../../core/rollout/index.ts';
import { recoverMachine } from '../../functions/publish-outbox/recover-machine.ts';
import { startOrResume } from '../../functions/publish-outbox/start-or-resume.ts';
import { standings } from '../../functions/read-outbox/standings.ts';
import { DELAYS } from '../support/delays-pipeline.ts';
import type { Entry } from '../support/tar-gz.ts';
import { goodModel, startTrainingSteps } from '../support/training-steps.ts';

const PIPELINE = `${DELAYS}split: { by: time, column: date, shares: { train: 0.6, validation: 0.2, test: 0.2 } }
evaluation: { resamples: 50, segments: [origin] }
gates:
  - { metric: auc, atLeast: 0.6 }
  - { metric: latency_p95_ms, atMost: 100 }
deployment: { model: delays }
environments:
  strict:
    gates: [{ metric: auc, atLeast: 0.999 }]
  alone:
    approval: { required: false }
`;

/** Rows whose answer the fixture's model partly knows. */
const ROWS = `
  select (200 + hash(i) % 2000)::integer as distance,
         case when i % 50 = 0 then null else (hash(i, 1) % 40)::double end as delay,
         case when i % 70 = 0 then null when i % 3 = 0 then 'SFO' else 'ATL' end as origin,
         i % 7 < 2 as weekend,
         timestamp '2001-01-01' + interval (i) minute as date,
         (hash(i, 1) % 40) + (hash(i, 2) % 40) > 40 as late
  from range(2000) t(i)`;

let steps: Awaited<ReturnType<typeof startTrainingSteps>>;
let ctx: Context;

beforeAll(async () => {
  steps = await startTrainingSteps();
  ctx = steps.contextOf((await steps.newTenant()).id);
});

afterAll(() => steps?.stop());

async function upToTraining(execution: string, as: Context = ctx) {
  await steps.run('data-step', as, execution, 'validate');
  await steps.run('data-step', as, execution, 'split');
  return steps.run('pipeline-step', as, execution, 'plan-training');
}

async function train(execution: string, entries: readonly Entry[], as: Context = ctx) {
  const planned = (await upToTraining(execution, as)) as { cached: boolean; job?: { TrainingJobName: string } };
  return recordTraining(execution, planned.job?.TrainingJobName ?? '', entries, as);
}

async function recordTraining(execution: string, job: string, entries: readonly Entry[], as: Context) {
  const { runId } = await steps.plane.read(as, async (tx) => (await tx.executions.find(execution)) ?? { runId: null });
  return steps.run('pipeline-step', as, execution, 'record-training', await steps.finishJob(as, runId ?? '', job, entries));
}

/** An execution that asks nobody, up to the version it registers. */
async function upToRegister(as: Context, source: string): Promise<{ id: string; version: number }> {
  const id = await steps.upToEvaluation(as, source, 'alone');
  await steps.run('pipeline-step', as, id, 'gates');
  return { id, ...((await steps.run('pipeline-step', as, id, 'register')) as { version: number }) };
}

function fail(execution: string, at: string, error: string, cause = '') {
  return steps.run('pipeline-step', ctx, execution, 'record-failure', { at, error, cause });
}

describe('the steps of the training machine', () => {
  it('give two tenants with the same rows and the same pipeline an evaluation each', async () => {
    const evaluations = [];
    // Made within one second, as ids go that begin with the time.
    for (const as of [steps.contextOf((await steps.newTenant()).id), steps.contextOf((await steps.newTenant()).id)]) {
      await steps.addDataset(as, ROWS);
      const { id } = await steps.start(as, PIPELINE);
      await train(id, await goodModel(), as);
      evaluations.push(await steps.run('evaluate-model', as, id, 'evaluate'));
      expect(await steps.run('pipeline-step', as, id, 'gates')).toMatchObject({ passed: true });
    }
    expect(new Set(evaluations.map(({ evaluation }) => evaluation)).size).toBe(2);
  });

  it('take rows to a live model, and a second time take what is recorded', async () => {
    await steps.addDataset(ctx, ROWS);
    const { id } = await steps.start(ctx, PIPELINE);
    await expect(steps.start(ctx, PIPELINE)).rejects.toMatchObject({ failure: { code: 'execution_running', execution: id } });

    expect(await train(id, await goodModel())).toMatchObject({ seconds: { training: 12, billable: null, waiting: 3 } });
    // Twice at once, as after a time-out that was none: both answer with what was recorded first.
    const [first, second] = await Promise.all([
      steps.run('evaluate-model', ctx, id, 'evaluate'),
      steps.run('evaluate-model', ctx, id, 'evaluate'),
    ]);
    expect(second).toEqual(first);
    const evaluated = first as {
      metrics: Record<string, { value: number; low?: number }>;
      reportKey: string;
    };
    expect(evaluated.metrics['auc']?.value).toBeGreaterThan(0.7);
    expect(evaluated.metrics['auc']?.low).toBeLessThan(evaluated.metrics['auc']?.value ?? 0);
    expect(Buffer.from((await steps.objects.read(evaluated.reportKey)) ?? []).toString()).toContain('Every gate is open');
    expect(await steps.run('pipeline-step', ctx, id, 'gates')).toMatchObject({ passed: true, failures: [] });
    expect(await steps.run('pipeline-step', ctx, id, 'register')).toMatchObject({
      model: 'delays',
      version: 1,
      approval: { required: true, timeoutSeconds: 72 * 3600 + 15 * 60 },
    });
    // The state repeated: the registry does not grow.
    expect(await steps.run('pipeline-step', ctx, id, 'register')).toMatchObject({ version: 1 });

    await steps.openMachines.enter({ machine: 'training', name: id, tenant: ctx.tenant, input: {}, traceparent: null });
    await steps.run('pipeline-step', ctx, id, 'request-approval', { token: 'first' });
    const { approval } = await steps.run('pipeline-step', ctx, id, 'request-approval', { token: 'second' });
    const longAfter = async (hours: number) => {
      const found: string[] = [];
      for await (const page of steps.openMachines.waitingLong(new Date(Date.now() + hours * 3_600_000)))
        found.push(...page.map(({ name }) => name));
      return found;
    };
    // Half of its three days.
    expect([await longAfter(35), await longAfter(37)]).toEqual([[], [id]]);
    await expect(steps.run('pipeline-step', ctx, id, 'roll-out', { token: 't' })).rejects.toThrow(/without its approval/);
    const other: Context = { ...ctx, principal: { id: 'grace', kind: 'user', roles: ['approver'] } };
    await steps.plane.write(other, {}, (tx) =>
      decideApproval(tx, other, { approval: String(approval), decision: 'approved', comment: '' }),
    );
    expect(await steps.rollOut(ctx, id)).toBe('succeeded');
    expect(await steps.rollOut(ctx, id)).toBe('succeeded');

    const found = await steps.plane.read(ctx, async (tx) => ({ execution: await tx.executions.find(id), steps: await tx.steps.list(id) }));
    expect(found.execution).toMatchObject({ status: 'succeeded', failure: null });
    expect(found.execution?.endedAt).toBeInstanceOf(Date);
    const run = await steps.plane.read(ctx, (tx) => tx.runs.find(found.execution?.runId ?? ''));
    expect(run?.tags).toMatchObject({
      'sluice.data_hash': expect.stringMatching(/^[0-9a-f]{64}$/),
      'sluice.validation_data_hash': expect.stringMatching(/^[0-9a-f]{64}$/),
      'sluice.code_hash': expect.stringMatching(/^[0-9a-f]{64}$/),
      'sluice.rows': '2000',
    });
    expect([...new Set(found.steps.filter((step) => step.status === 'succeeded').map((step) => step.step))]).toEqual([
      'validate',
      'split',
      'train',
      'evaluate',
      'gates',
      'register',
      'approve',
      'roll-out',
    ]);
    expect(await steps.routing.read(ctx.tenant, 'delays')).toMatchObject({ version: 1, revision: 1 });

    const again = await steps.start(ctx, PIPELINE, 'alone');
    expect(await upToTraining(again.id)).toMatchObject({ cached: true });
    await steps.run('evaluate-model', ctx, again.id, 'evaluate');
    await steps.run('pipeline-step', ctx, again.id, 'gates');
    expect(await steps.run('pipeline-step', ctx, again.id, 'register')).toMatchObject({ version: 2, approval: { required: false } });
    await steps.rollOut(ctx, again.id);
    const reused = await steps.plane.read(ctx, (tx) => tx.steps.list(again.id));
    expect(Object.fromEntries(reused.map((step) => [step.step, step.status]))).toEqual({
      validate: 'reused',
      split: 'reused',
      train: 'reused',
      // There is a champion to compare with by now.
      evaluate: 'succeeded',
      gates: 'succeeded',
      register: 'succeeded',
      'roll-out': 'succeeded',
    });
    expect(await steps.routing.read(ctx.tenant, 'delays')).toMatchObject({ version: 2, revision: 2 });
  });

  it('leave what is live as it is while the routing table cannot be written, and go live when it can', async () => {
    const upToLive = () => upToRegister(ctx, PIPELINE);
    const live = () => steps.plane.read(ctx, async (tx) => (await tx.models.find('delays'))?.liveVersion);
    const rollOut = (id: string) => steps.rollOut(ctx, id);
    const [before, routed] = [await live(), await steps.routing.read(ctx.tenant, 'delays')];
    expect(routed?.version).toBe(before);

    steps.breakRouting(new StoreUnavailable('The routing table', { cause: undefined }));
    const lost = await upToLive();
    await expect(rollOut(lost.id)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    const rollout = await steps.plane.read(ctx, (tx) => tx.rollouts.ofExecution(lost.id));
    await fail(lost.id, 'RollOut', 'States.Timeout');
    expect(await live()).toBe(before);
    expect(await steps.plane.read(ctx, (tx) => tx.executions.find(lost.id))).toMatchObject({ status: 'failed' });
    // The rollout that nobody waits for any more holds the model until what served before is sure to serve.
    expect(await steps.plane.read(ctx, (tx) => tx.rollouts.find(rollout?.id ?? ''))).toMatchObject({
      status: 'running',
      reason: { code: 'execution_ended' },
    });
    steps.breakRouting(undefined);
    expect(await steps.rolloutTask(ctx, rollout?.id, 'begin')).toMatchObject({ next: 'roll_back' });
    expect(await steps.rolloutTask(ctx, rollout?.id, 'roll-back')).toMatchObject({ next: 'end' });
    expect(await steps.plane.read(ctx, (tx) => tx.rollouts.find(rollout?.id ?? ''))).toMatchObject({ status: 'aborted' });
    expect(await steps.plane.read(ctx, (tx) => tx.modelVersions.find('delays', lost.version))).toMatchObject({
      deploymentStatus: 'failed',
    });
    expect(await steps.routing.read(ctx.tenant, 'delays')).toMatchObject({ version: before, arms: [{ version: before, weight: 1 }] });

    const late = await upToLive();
    steps.breakRouting(new StoreUnavailable('The routing table', { cause: undefined }));
    await expect(rollOut(late.id)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await live()).toBe(before);
    steps.breakRouting(undefined);
    expect(await rollOut(late.id)).toBe('succeeded');
    expect(await live()).toBe(late.version);
    expect(await steps.routing.read(ctx.tenant, 'delays')).toMatchObject({ version: late.version });
    // The state repeated after all is done is told the end once more, under its newer token.
    expect(await rollOut(late.id)).toBe('succeeded');
    const { id } = (await steps.plane.read(ctx, (tx) => tx.rollouts.ofExecution(late.id))) ?? { id: '' };
    const told = (await steps.outbox(ctx, `rollout/${id}`)).filter(({ destination }) => destination === 'task');
    expect(told).toHaveLength(2);
    expect(told).toMatchObject([{ data: { output: { status: 'succeeded' } } }, { data: { output: { status: 'succeeded' } } }]);
  });

  it('bring a model to rest when the engine is lost while its canary bakes', async () => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, ROWS);
    expect(await steps.rollOut(own, (await upToRegister(own, PIPELINE)).id)).toBe('succeeded');
    const { id } = await upToRegister(own, PIPELINE.replace('model: delays', 'model: delays, strategy: canary'));
    const { rollout } = await steps.run('pipeline-step', own, id, 'roll-out', { token: 'gone' });
    await steps.rolloutTask(own, rollout, 'begin');
    expect(await steps.rolloutTask(own, rollout, 'share')).toMatchObject({ next: 'bake' });
    expect((await steps.routing.read(own.tenant, 'delays'))?.arms).toMatchObject([{ weight: 0.9 }, { weight: 0.1 }]);

    // Nobody is told of it. The next start of the pipeline is refused, and the execution in its way is looked at.
    await expect(steps.start(own, PIPELINE, 'alone')).rejects.toMatchObject({ failure: { code: 'execution_running', execution: id } });
    const lost = { status: 'FAILED', error: 'States.ServiceRestart', cause: 'Execution was running when service restarted' };
    const started: string[] = [];
    let second: 'unknown' | { status: string; error: undefined; cause: string } = 'unknown';
    const orchestrator = {
      look: async (_: string, name: string) =>
        name === id || name === rollout ? lost : name === `${id}.2` ? second : ('unknown' as const),
      start: async (_: string, name: string) => void started.push(name),
    };
    const standing = async ({ tenant, name }: { readonly tenant: string; readonly name: string }) =>
      standings(steps.plane).training(tenant, name);
    const none = async () => undefined;
    const look = recoverMachine({
      orchestrator,
      openMachines: { forget: none, waitsNoLonger: none, all: async function* () {} },
      stateMachines: { training: 'training' },
      recorders: { training: (event) => steps.run('pipeline-step', own, id, 'record-failure', event as Record<string, unknown>) },
      standing,
      now: Date.now,
    });
    const input = { tenant: own.tenant, execution: id };
    const entry = { machine: 'training', name: id, tenant: own.tenant, input, traceparent: null, since: new Date(0), dueAt: undefined };
    expect(await look(entry)).toEqual({ action: 'start', seen: 'lost', standing: 'open', starts: 1 });
    expect(started.splice(0)).toEqual([`${id}.2`]);
    // Somebody stops that one, and again nobody is told.
    second = { status: 'ABORTED', error: undefined, cause: 'enough' };
    expect(await look(entry)).toEqual({ action: 'record', seen: 'ended_badly', standing: 'open', starts: 2 });
    expect(await look(entry)).toMatchObject({ action: 'forget', standing: 'settled' });
    expect(await steps.plane.read(own, (tx) => tx.executions.find(id))).toMatchObject({ status: 'stopped', failure: { at: 'roll-out' } });
    const orders = (await steps.outbox(own, `rollout/${rollout}`)).filter(({ destination }) => destination === 'execution');
    const again = { name: String(rollout), input: expect.objectContaining({ rollout }), resumes: true };
    expect(orders).toMatchObject([{ data: again }, { data: again }]);
    await startOrResume(orchestrator, 'rollout', { name: String(rollout), input: {}, traceparent: null });
    expect(started).toEqual([`${rollout}.2`]);

    expect(await steps.rolloutTask(own, rollout, 'begin')).toMatchObject({ next: 'roll_back' });
    expect(await steps.rolloutTask(own, rollout, 'roll-back')).toMatchObject({ next: 'end' });
    expect(await steps.plane.read(own, (tx) => tx.rollouts.find(String(rollout)))).toMatchObject({
      status: 'aborted',
      reason: { code: 'execution_ended' },
    });
    expect((await steps.routing.read(own.tenant, 'delays'))?.arms).toMatchObject([{ version: 1, weight: 1 }]);
    // A text that was put before is that version, and the newest one is what starts.
    expect(await steps.rollOut(own, (await upToRegister(own, `${PIPELINE}# once more\n`)).id)).toBe('succeeded');
  });

  it('refuse the second of two pipelines that roll one model out at once; its version can be rolled out afterwards', async () => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, ROWS);
    const first = await upToRegister(own, PIPELINE);
    const second = await upToRegister(own, PIPELINE.replace('pipeline: delays', 'pipeline: delays-too'));
    const { rollout } = await steps.run('pipeline-step', own, first.id, 'roll-out', { token: 'first' });
    await expect(steps.run('pipeline-step', own, second.id, 'roll-out', { token: 'second' })).rejects.toMatchObject({
      name: 'rollout_running',
    });
    await steps.run('pipeline-step', own, second.id, 'record-failure', { at: 'RollOut', error: 'rollout_running', cause: '{}' });
    expect(await steps.plane.read(own, (tx) => tx.executions.find(second.id))).toMatchObject({
      status: 'refused',
      failure: { code: 'rollout_running', rollout, at: 'roll-out' },
    });
    const byHand = () => steps.plane.write(own, {}, (tx) => startRollout(tx, own, { model: 'delays', version: second.version }));
    await expect(byHand()).rejects.toMatchObject({ failure: { code: 'rollout_running', rollout } });
    expect(await steps.rollOut(own, first.id)).toBe('succeeded');
    expect(await byHand()).toMatchObject({ version: second.version, baselineVersion: first.version, status: 'queued' });
  });

  it('tell a machine that asks again what was decided under its older token', async () => {
    const { id } = await steps.start(ctx, PIPELINE);
    await upToTraining(id);
    await steps.run('evaluate-model', ctx, id, 'evaluate');
    await steps.run('pipeline-step', ctx, id, 'gates');
    await steps.run('pipeline-step', ctx, id, 'register');
    const { approval } = await steps.run('pipeline-step', ctx, id, 'request-approval', { token: 'older' });
    const other: Context = { ...ctx, principal: { id: 'grace', kind: 'user', roles: ['approver'] } };
    const decision = { approval: String(approval), decision: 'approved', comment: 'fine' } as const;
    await steps.plane.write(other, {}, (tx) => decideApproval(tx, other, decision));
    expect(await steps.run('pipeline-step', ctx, id, 'request-approval', { token: 'newer' })).toMatchObject({ approval });
    expect((await steps.outbox(ctx, `approval/${approval}`)).filter(({ destination }) => destination === 'task')).toMatchObject([
      { data: { taskToken: 'older', output: { decision: 'approved', by: 'grace', comment: 'fine' } } },
      { data: { taskToken: 'newer', output: { decision: 'approved', by: 'grace', comment: 'fine' } } },
    ]);
    // It is lost while its rollout goes on: the one after it comes by every step again, and the execution rolls out all the while.
    await steps.run('pipeline-step', ctx, id, 'roll-out', { token: 'gone' });
    await steps.run('data-step', ctx, id, 'validate');
    expect(await steps.run('pipeline-step', ctx, id, 'request-approval', { token: 'newest' })).toMatchObject({ approval });
    expect(await steps.plane.read(ctx, (tx) => tx.executions.find(id))).toMatchObject({ status: 'rolling_out', failure: null });
    expect(await steps.rollOut(ctx, id)).toBe('succeeded');
  });

  it('end as refused when a gate stays shut, and keep the first reason', async () => {
    const { id } = await steps.start(ctx, PIPELINE, 'strict');
    await upToTraining(id);
    await steps.run('evaluate-model', ctx, id, 'evaluate');
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
    await steps.addDataset(own, ROWS);
    const { id } = await steps.start(own, PIPELINE, 'alone');
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
      PIPELINE.replace('gradient_boosting }', `gradient_boosting, seed: ${100 + Math.floor(Math.random() * 1e6)} }`),
    );
    await expect(train(id, entries)).rejects.toMatchObject({ name: code });
    await fail(id, 'RecordTraining', code, 'whatever the machine says');
    const found = await steps.plane.read(ctx, async (tx) => ({ execution: await tx.executions.find(id), steps: await tx.steps.list(id) }));
    expect(found.execution).toMatchObject({ status: 'failed', failure: { code, at: 'train' } });
    expect(found.steps.at(-1)).toMatchObject({ step: 'train', status: 'refused', failure: { code } });
    const run = await steps.plane.read(ctx, (tx) => tx.runs.find(found.execution?.runId ?? ''));
    expect(run?.status).toBe('FAILED');
  });

  it('take no model of a job that was stopped, however whole it looks', async () => {
    const { id } = await steps.start(ctx, PIPELINE.replace('gradient_boosting }', 'gradient_boosting, seed: 98 }'));
    const { job } = (await upToTraining(id)) as { job: { TrainingJobName: string } };
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
    const { id } = await steps.start(ctx, PIPELINE.replace('gradient_boosting }', 'gradient_boosting, seed: 99 }'));
    const planned = (await upToTraining(id)) as { job: { TrainingJobName: string } };
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
      query: ROWS.replace('(200 + hash(i) % 2000)::integer', 'case when i % 20 = 0 then null else 500 end'),
      code: 'quality_failed',
      issue: { column: 'distance', rule: 'missing', observed: '5 %', limit: 'at most 1 %' },
    },
    {
      name: 'one class',
      query: ROWS.replace(/\(hash\(i, 1\) % 40\) \+.*as late/, 'true as late'),
      code: 'quality_failed',
      issue: { column: 'late', rule: 'two_classes' },
    },
  ])('refuse a dataset with $name before anything is trained', async ({ query, code, issue }) => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, query);
    const { id } = await steps.start(own, PIPELINE);
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
    const first = await steps.start(own, PIPELINE);
    await expect(steps.run('data-step', own, first.id, 'validate')).rejects.toMatchObject({
      failure: { code: 'upload_mismatch', expected: 'a'.repeat(64) },
    });
    await steps.run('pipeline-step', own, first.id, 'record-failure', { at: 'Validate', error: 'upload_mismatch', cause: '' });
    await steps.addDatasetFile(own, Buffer.from('no parquet at all'));
    const second = await steps.start(own, PIPELINE);
    await expect(steps.run('data-step', own, second.id, 'validate')).rejects.toMatchObject({
      name: 'dataset_unreadable',
      message: expect.not.stringContaining('/tmp'),
    });
  });

  it('find no execution of another tenant', async () => {
    const { id } = await steps.start(ctx, PIPELINE.replace('resamples: 50', 'resamples: 51'));
    const other = steps.contextOf((await steps.newTenant()).id);
    await expect(steps.run('data-step', other, id, 'validate')).rejects.toMatchObject({ failure: { code: 'not_found', id } });
  });
});

describe('an execution that ended outside its machine', () => {
  const stopped = { error: 'execution_stopped', cause: 'wrong data' };

  it('is stopped with the reason, its open step closed, and the pipeline can start again', async () => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, ROWS);
    const { id } = await steps.start(own, PIPELINE);
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
    expect((await steps.start(own, PIPELINE)).status).toBe('queued');
  });

  it.each([
    ['stopped', stopped],
    ['refused', { at: 'AwaitApproval', error: 'approval_expired', cause: 'Nobody decided in time.' }],
  ])('leaves no approval open: %s', async (status, end) => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, ROWS);
    const { id } = await steps.start(own, PIPELINE);
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
