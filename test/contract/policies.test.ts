import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decideApproval, type PolicyRules, putPolicy } from '../../core/governance/index.ts';
import type { Context, Role } from '../../core/kernel/index.ts';
import { expireApproval } from '../../core/pipelines/index.ts';
import { startRollout } from '../../core/rollout/index.ts';
import { DELAYS } from '../support/delays-pipeline.ts';
import { startTrainingSteps } from '../support/training-steps.ts';

const PIPELINE = `${DELAYS}split: { by: time, column: date, shares: { train: 0.6, validation: 0.2, test: 0.2 } }
evaluation: { resamples: 50 }
gates: [{ metric: auc, atLeast: 0.6 }]
deployment: { model: delays }
environments:
  alone:
    approval: { required: false }
  loose:
    gates: []
`;

const WITHOUT_LOOSE = PIPELINE.slice(0, PIPELINE.indexOf('  loose:'));

/** Rows whose answer the fixture's model partly knows. */
const ROWS = `
  select (200 + hash(i) % 2000)::integer as distance, (hash(i, 1) % 40)::double as delay, 'SFO' as origin, i % 7 < 2 as weekend,
         timestamp '2001-01-01' + interval (i) minute as date, (hash(i, 1) % 40) + (hash(i, 2) % 40) > 40 as late
  from range(1000) t(i)`;

let steps: Awaited<ReturnType<typeof startTrainingSteps>>;
let ctx: Context;

beforeAll(async () => {
  steps = await startTrainingSteps();
});
afterAll(() => steps?.stop());
beforeEach(async () => {
  ctx = steps.contextOf((await steps.newTenant()).id);
  await steps.addDataset(ctx, ROWS);
});

const as = (id: string, ...roles: Role[]): Context => ({
  ...ctx,
  now: new Date(),
  principal: { id, kind: 'user', roles: ['approver', ...roles] },
});
const policy = (rules: Partial<PolicyRules>) =>
  steps.plane.write(ctx, {}, (tx) => putPolicy(tx, ctx, { rules: { approvals: [], gates: [], ...rules }, comment: 'why' }));
const step = (id: string, name: string, more: object = {}) => steps.run('pipeline-step', ctx, id, name, more);
const decide = (approval: string, who: Context, decision: 'approved' | 'rejected' = 'approved') =>
  steps.plane.write(who, {}, (tx) => decideApproval(tx, who, { approval, decision, comment: 'looked at it' }));
const found = (id: string) => steps.plane.read(ctx, (tx) => tx.executions.find(id));

/** An execution that waits for its approval. */
async function asked(environment?: string): Promise<{ id: string; approval: string }> {
  const id = await steps.upToEvaluation(ctx, PIPELINE, environment);
  await step(id, 'gates');
  await step(id, 'register');
  const { approval } = await step(id, 'request-approval', { token: 'token' });
  return { id, approval: String(approval) };
}

describe('a policy', () => {
  it('lets no pipeline be put or started that lacks a gate it demands, and says which and by which version', async () => {
    await steps.start(ctx, PIPELINE, 'loose');
    await policy({ gates: [{ models: 'del*', metric: 'auc', atLeast: 0.5 }] });
    const missing = {
      name: 'gates_missing',
      failure: { policyVersion: 1, model: 'delays', environment: 'loose', gates: ['auc at least 0.5'] },
    };
    await expect(steps.start(ctx, `${PIPELINE}# again\n`, 'loose')).rejects.toMatchObject(missing);
    // What was put before is no version anew, and may not start any more.
    const { plane } = steps;
    expect(await plane.read(ctx, async (tx) => (await tx.pipelines.find('delays'))?.number)).toBe(1);
    await policy({ gates: [{ models: '*', environments: [null], metric: 'f1', atMost: 0.9 }] });
    await expect(steps.start(ctx, WITHOUT_LOOSE)).rejects.toMatchObject({
      failure: { code: 'gates_missing', policyVersion: 2, environment: null, gates: ['f1 at most 0.9'] },
    });
  });

  it('that became stricter meanwhile ends an execution at its gates, and nothing is registered', async () => {
    const id = await steps.upToEvaluation(ctx, PIPELINE);
    await policy({ gates: [{ models: '*', metric: 'latency_p95_ms', atMost: 1000 }] });
    const refusal = await step(id, 'gates').catch((error: Error) => error);
    expect(refusal).toMatchObject({ name: 'gates_missing', failure: { policyVersion: 1, gates: ['latency_p95_ms at most 1000'] } });
    const cause = JSON.stringify({ errorType: 'gates_missing', errorMessage: (refusal as Error).message });
    await step(id, 'record-failure', { at: 'DecideGates', error: 'gates_missing', cause });
    expect(await found(id)).toMatchObject({
      status: 'refused',
      policyVersion: 0,
      failure: { code: 'gates_missing', at: 'gates', policyVersion: 1, gates: ['latency_p95_ms at most 1000'] },
    });
    expect(await steps.plane.read(ctx, (tx) => tx.models.find('delays'))).toBeUndefined();
    // What was trained is not lost: the pipeline with the gate starts again and takes it.
    const again = await steps.upToEvaluation(
      ctx,
      WITHOUT_LOOSE.replace('{ metric: auc, atLeast: 0.6 }', '{ metric: latency_p95_ms, atMost: 900 }'),
    );
    expect(await step(again, 'gates')).toMatchObject({ passed: true });
    const kept = await steps.plane.read(ctx, (tx) => tx.evaluations.verdictsOf(again));
    expect(kept).toMatchObject([{ gate: 'latency_p95_ms at most', threshold: 900, passed: true, policyVersion: 1 }]);
  });

  it('asks for an approval where the pipeline does not, of whom it names, for no longer than it says; the decision names it', async () => {
    await policy({ approvals: [{ models: 'delays', required: true, deciders: { principals: ['grace'] }, longestHours: 2 }] });
    const id = await steps.upToEvaluation(ctx, PIPELINE, 'alone');
    await step(id, 'gates');
    expect(await step(id, 'register')).toMatchObject({ approval: { required: true, timeoutSeconds: 2 * 3600 + 15 * 60 } });
    await expect(step(id, 'roll-out', { token: 't' })).rejects.toMatchObject({ name: 'version_not_approved' });
    const byHand = () => steps.plane.write(ctx, {}, (tx) => startRollout(tx, ctx, { model: 'delays', version: 1 }));
    await expect(byHand()).rejects.toMatchObject({ name: 'version_not_approved' });
    const approval = String((await step(id, 'request-approval', { token: 't' }))['approval']);
    const waiting = await steps.plane.read(ctx, (tx) => tx.approvals.find(approval));
    expect(waiting).toMatchObject({ policyVersion: 1, model: 'delays', environment: 'alone' });
    expect(((waiting?.expiresAt.getTime() ?? 0) - Date.now()) / 3_600_000).toBeCloseTo(2, 1);
    await expect(decide(approval, as('bob', 'admin'))).rejects.toMatchObject({ name: 'approver_not_named' });
    await policy({ approvals: [{ models: 'delays', required: true, deciders: { roles: ['admin'] } }] });
    await expect(decide(approval, as('grace'))).rejects.toMatchObject({
      failure: { code: 'approver_not_named', policyVersion: 2, roles: ['admin'] },
    });
    expect(await decide(approval, as('bob', 'admin'))).toMatchObject({ status: 'approved', decidedBy: 'bob', policyVersion: 2 });
    expect(await steps.rollOut(ctx, id)).toBe('succeeded');
    expect(await steps.plane.read(ctx, (tx) => tx.rollouts.ofExecution(id))).toMatchObject({ policyVersion: 2 });
  });

  it('is asked when a person rolls a version out, unless it has been live before', async () => {
    const id = await steps.upToEvaluation(ctx, PIPELINE, 'alone');
    await step(id, 'gates');
    await step(id, 'register');
    const byHand = (version: number) => steps.plane.write(ctx, {}, (tx) => startRollout(tx, ctx, { model: 'delays', version }));
    await policy({ gates: [{ models: '*', metric: 'auc', atLeast: 0.9 }] });
    await expect(byHand(1)).rejects.toMatchObject({ failure: { code: 'gates_missing', policyVersion: 1, environment: 'alone' } });
    await policy({});
    expect(await byHand(1)).toMatchObject({ version: 1, policyVersion: 2 });
  });
});

describe('an approval past its deadline', () => {
  const late = (): Context => ({ ...ctx, now: new Date(Date.now() + 73 * 3_600_000) });
  const expire = (approval: string, at = late()) => steps.plane.write(at, {}, (tx) => expireApproval(tx, at, approval));

  it('ends with its execution, whose machine is told; the decision that comes then is refused, and the pipeline starts again', async () => {
    await policy({ approvals: [{ models: '*', required: true }] });
    const { id, approval } = await asked();
    expect(await expire(approval, { ...ctx, now: new Date() })).toBe(false);
    // Nor may somebody from outside whose clock is fast.
    expect(await step(id, 'record-failure', { error: 'approval_expired' })).toMatchObject({ status: 'awaiting_approval' });
    expect(await expire(approval)).toBe(true);
    expect(await expire(approval)).toBe(false);
    const { expiresAt, ...ended } = (await steps.plane.read(ctx, (tx) => tx.approvals.find(approval))) ?? { expiresAt: new Date() };
    expect(ended).toMatchObject({ status: 'expired', comment: 'nobody decided in time', policyVersion: 1 });
    const failure = { code: 'approval_expired', expiredAt: expiresAt.toISOString(), at: 'approve' };
    expect(await found(id)).toMatchObject({ status: 'refused', failure });
    expect((await steps.plane.read(ctx, (tx) => tx.steps.list(id))).at(-1)).toMatchObject({ step: 'approve', status: 'refused', failure });
    expect(
      (await steps.outbox(ctx, `approval/${approval}`)).map(({ destination, type, data }) => ({ destination, type, data })),
    ).toMatchObject([
      { type: 'approval.requested.v1' },
      { type: 'approval.expired.v1', data: { policyVersion: 1 } },
      { destination: 'task', data: { taskToken: 'token', output: { decision: 'expired' } } },
    ]);
    const tooLate = { ...as('grace'), now: late().now };
    await expect(decide(approval, tooLate)).rejects.toMatchObject({
      failure: { code: 'approval_expired', expiredAt: expiresAt.toISOString() },
    });
    // What the machine does with that answer, and a state of it that is repeated.
    const told = { at: 'AwaitApproval', error: 'approval_expired', cause: 'Nobody decided in time.' };
    expect(await step(id, 'record-failure', told)).toMatchObject({ status: 'refused' });
    await expect(step(id, 'request-approval', { token: 'newer' })).rejects.toMatchObject({ name: 'execution_ended' });
    expect(await found(id)).toMatchObject({ failure });
    expect((await asked()).approval).not.toBe(approval);
  });

  it('is ended from outside where the machine is lost, unless somebody has decided', async () => {
    const waits = await asked();
    await steps.passDeadline(ctx, waits.approval);
    expect(await step(waits.id, 'record-failure', { error: 'approval_expired' })).toMatchObject({ status: 'refused' });
    expect(await found(waits.id)).toMatchObject({ status: 'refused', failure: { code: 'approval_expired', at: 'approve' } });
    expect(await steps.plane.read(ctx, (tx) => tx.approvals.find(waits.approval))).toMatchObject({ status: 'expired' });
    const inTime = await asked();
    await decide(inTime.approval, as('grace'));
    await steps.passDeadline(ctx, inTime.approval);
    expect(await step(inTime.id, 'record-failure', { error: 'approval_expired' })).toMatchObject({ status: 'awaiting_approval' });
    expect(await steps.rollOut(ctx, inTime.id)).toBe('succeeded');
  });

  it('and a decision at the same moment have one winner', async () => {
    for (const [round, decision] of (['approved', 'rejected', 'approved', 'rejected'] as const).entries()) {
      const { id, approval } = await asked();
      // The decider's clock is a moment behind the deadline's, the sweeper's a moment past it.
      const outcomes = await Promise.allSettled(
        round % 2 === 0
          ? [decide(approval, as('grace'), decision), expire(approval)]
          : [expire(approval), decide(approval, as('grace'), decision)],
      );
      const { status } = (await steps.plane.read(ctx, (tx) => tx.approvals.find(approval))) ?? {};
      const answers = (await steps.outbox(ctx, `approval/${approval}`)).filter(({ destination }) => destination === 'task');
      expect(answers).toMatchObject([{ data: { output: { decision: status } } }]);
      const lost = outcomes.filter((one) => one.status === 'rejected' || one.value === false);
      expect(lost).toHaveLength(1);
      expect((await found(id))?.status).toBe(status === 'expired' ? 'refused' : 'awaiting_approval');
      await step(id, 'record-failure', { at: 'AwaitApproval', error: 'approval_rejected', cause: '{}' });
    }
  });
});
