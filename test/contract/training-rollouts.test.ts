import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../core/kernel/index.ts';
import { startRollout } from '../../core/rollout/index.ts';
import { recoverMachine } from '../../functions/publish-outbox/recover-machine.ts';
import { startOrResume } from '../../functions/publish-outbox/start-or-resume.ts';
import { standings } from '../../functions/read-outbox/standings.ts';
import { DELAYS_ROWS, GATED_DELAYS } from '../support/delays-pipeline.ts';
import { startTrainingSteps } from '../support/training-steps.ts';

let steps: Awaited<ReturnType<typeof startTrainingSteps>>;

beforeAll(async () => {
  steps = await startTrainingSteps();
});

afterAll(() => steps?.stop());

describe('the steps of the training machine', () => {
  it('leave what is live as it is while the routing table cannot be written, and go live when it can', async () => {
    const ctx = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(ctx, DELAYS_ROWS);
    const first = await steps.upToRegister(ctx, GATED_DELAYS);
    expect(await steps.rollOut(ctx, first.id)).toBe('succeeded');
    const live = () => steps.plane.read(ctx, async (tx) => (await tx.models.find('delays'))?.liveVersion);
    const [before, routed] = [await live(), await steps.routing.read(ctx.tenant, 'delays')];
    expect([before, routed?.version]).toEqual([first.version, first.version]);

    steps.breakRouting(new StoreUnavailable('The routing table', { cause: undefined }));
    const lost = await steps.upToRegister(ctx, GATED_DELAYS);
    await expect(steps.rollOut(ctx, lost.id)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    const rollout = await steps.plane.read(ctx, (tx) => tx.rollouts.ofExecution(lost.id));
    await steps.run('pipeline-step', ctx, lost.id, 'record-failure', { at: 'RollOut', error: 'States.Timeout', cause: '' });
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

    const late = await steps.upToRegister(ctx, GATED_DELAYS);
    steps.breakRouting(new StoreUnavailable('The routing table', { cause: undefined }));
    await expect(steps.rollOut(ctx, late.id)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await live()).toBe(before);
    steps.breakRouting(undefined);
    expect(await steps.rollOut(ctx, late.id)).toBe('succeeded');
    expect(await live()).toBe(late.version);
    expect(await steps.routing.read(ctx.tenant, 'delays')).toMatchObject({ version: late.version });
    // The state repeated after all is done is told the end once more, under its newer token.
    expect(await steps.rollOut(ctx, late.id)).toBe('succeeded');
    const { id } = (await steps.plane.read(ctx, (tx) => tx.rollouts.ofExecution(late.id))) ?? { id: '' };
    const told = (await steps.outbox(ctx, `rollout/${id}`)).filter(({ destination }) => destination === 'task');
    expect(told).toHaveLength(2);
    expect(told).toMatchObject([{ data: { output: { status: 'succeeded' } } }, { data: { output: { status: 'succeeded' } } }]);
  });

  it('bring a model to rest when the engine is lost while its canary bakes', async () => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, DELAYS_ROWS);
    expect(await steps.rollOut(own, (await steps.upToRegister(own, GATED_DELAYS)).id)).toBe('succeeded');
    const { id } = await steps.upToRegister(own, GATED_DELAYS.replace('model: delays', 'model: delays, strategy: canary'));
    const { rollout } = await steps.run('pipeline-step', own, id, 'roll-out', { token: 'gone' });
    await steps.rolloutTask(own, rollout, 'begin');
    expect(await steps.rolloutTask(own, rollout, 'share')).toMatchObject({ next: 'bake' });
    expect((await steps.routing.read(own.tenant, 'delays'))?.arms).toMatchObject([{ weight: 0.9 }, { weight: 0.1 }]);

    // Nobody is told of it. The next start of the pipeline is refused, and the execution in its way is looked at.
    await expect(steps.start(own, GATED_DELAYS, 'alone')).rejects.toMatchObject({ failure: { code: 'execution_running', execution: id } });
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
    expect(await steps.rollOut(own, (await steps.upToRegister(own, `${GATED_DELAYS}# once more\n`)).id)).toBe('succeeded');
  });

  it('refuse the second of two pipelines that roll one model out at once; its version can be rolled out afterwards', async () => {
    const own = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(own, DELAYS_ROWS);
    const first = await steps.upToRegister(own, GATED_DELAYS);
    const second = await steps.upToRegister(own, GATED_DELAYS.replace('pipeline: delays', 'pipeline: delays-too'));
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
});
