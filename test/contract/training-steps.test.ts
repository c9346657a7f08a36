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
});

afterAll(() => steps?.stop());

describe('the steps of the training machine', () => {
  it('give two tenants with the same rows and the same pipeline an evaluation each', async () => {
    const evaluations = [];
    // Made within one second, as ids go that begin with the time.
    for (const as of [steps.contextOf((await steps.newTenant()).id), steps.contextOf((await steps.newTenant()).id)]) {
      await steps.addDataset(as, DELAYS_ROWS);
      const { id } = await steps.start(as, GATED_DELAYS);
      await steps.train(as, id, await goodModel());
      evaluations.push(await steps.run('evaluate-model', as, id, 'evaluate'));
      expect(await steps.run('pipeline-step', as, id, 'gates')).toMatchObject({ passed: true });
    }
    expect(new Set(evaluations.map(({ evaluation }) => evaluation)).size).toBe(2);
  });

  it('take rows to a live model, and a second time take what is recorded', async () => {
    await steps.addDataset(ctx, DELAYS_ROWS);
    const { id } = await steps.start(ctx, GATED_DELAYS);
    await expect(steps.start(ctx, GATED_DELAYS)).rejects.toMatchObject({ failure: { code: 'execution_running', execution: id } });

    expect(await steps.train(ctx, id, await goodModel())).toMatchObject({ seconds: { training: 12, billable: null, waiting: 3 } });
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

    const again = await steps.start(ctx, GATED_DELAYS, 'alone');
    expect(await steps.upToTraining(ctx, again.id)).toMatchObject({ cached: true });
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

  it('tell a machine that asks again what was decided under its older token', async () => {
    const { id } = await steps.start(ctx, GATED_DELAYS);
    await steps.upToTraining(ctx, id);
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

  it('find no execution of another tenant', async () => {
    const { id } = await steps.start(ctx, GATED_DELAYS.replace('resamples: 50', 'resamples: 51'));
    const other = steps.contextOf((await steps.newTenant()).id);
    await expect(steps.run('data-step', other, id, 'validate')).rejects.toMatchObject({ failure: { code: 'not_found', id } });
  });
});
