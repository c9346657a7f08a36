import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../core/kernel/index.ts';
import { setAlias } from '../../core/registry/index.ts';
import { outsideEnd } from '../../functions/_steps/outside-end.ts';
import { type Behaviour, startRolloutSteps } from '../support/rollout-steps.ts';

let steps: Awaited<ReturnType<typeof startRolloutSteps>>;
beforeAll(async () => {
  steps = await startRolloutSteps();
});
afterAll(() => steps?.stop());

type Tenant = Awaited<ReturnType<typeof steps.tenant>>;

describe('a rollout', () => {
  it('takes a first version over step by step; until then some are served by nobody', async () => {
    const tenant = await steps.tenant();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    const seen: unknown[] = [];
    const way = await tenant.drive(id, async ({ at }) => {
      await tenant.serveAll({});
      seen[at] = await tenant.weights();
    });
    expect(seen).toEqual([
      { arms: ['v1 0.1'], unserved: 0.9, revision: 1, version: 1 },
      { arms: ['v1 0.5'], unserved: 0.5, revision: 2, version: 1 },
      { arms: ['v1 1'], unserved: 0, revision: 3, version: 1 },
    ]);
    expect(way.filter((next) => next !== 'bake')).toEqual(['share', 'share', 'share', 'complete']);
    const { body } = await tenant.call('findRollout', { rollout: id });
    expect(body).toMatchObject({ status: 'succeeded', step: 2, baselineVersion: null, createdBy: 'olga', reason: null });
    expect(body.judgements.filter(({ verdict }: { verdict: string }) => verdict === 'advance')).toHaveLength(3);
    expect(await tenant.weights()).toEqual({ arms: ['v1 1'], unserved: 0, revision: 3, version: 1 });
    const found = await steps.plane.read(tenant.ctx(), async (tx) => ({
      model: await tx.models.find('flights'),
      version: await tx.modelVersions.find('flights', 1),
    }));
    expect(found).toMatchObject({
      model: { liveVersion: 1, aliases: { champion: 1 } },
      version: { stage: 'production', deploymentStatus: 'live' },
    });
    const facts = (await tenant.outbox('model/flights')).map(({ type }) => type);
    const advanced = 'rollout.step.advanced.v1';
    expect(facts).toEqual(['rollout.started.v1', advanced, advanced, advanced, 'model.deployment.live.v1', 'rollout.succeeded.v1']);
  });

  it('keeps the old version beside the new one, and retires it at the end', async () => {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    const seen: unknown[] = [];
    await tenant.drive(id, async ({ at }) => {
      await tenant.serveAll({});
      seen[at] = (await tenant.weights()).arms;
    });
    // In the last step the old one answers what the new one cannot, and nothing else.
    expect(seen).toEqual([
      ['v1 0.9', 'v2 0.1'],
      ['v1 0.5', 'v2 0.5'],
      ['v1 0', 'v2 1'],
    ]);
    expect(await tenant.weights()).toEqual({ arms: ['v2 1'], unserved: 0, revision: 5, version: 2 });
    expect(await steps.plane.read(tenant.ctx(), (tx) => tx.modelVersions.find('flights', 1))).toMatchObject({
      stage: 'archived',
      deploymentStatus: 'retired',
    });
    // A person rolls back what no judge objected to: the earlier version takes over again.
    await tenant.drive(await tenant.start({ version: 1, strategy: 'all-at-once' }));
    expect(await tenant.weights()).toMatchObject({ arms: ['v1 1'], version: 1 });
  });

  it('keeps its alias on what has served: whoever chooses what gates compare with needs no less than a rollout', async () => {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version();
    const ctx = tenant.ctx();
    const point = (alias: string, at: number) =>
      steps.plane.write(ctx, {}, (tx) => setAlias(tx, ctx, { model: 'flights', alias, version: at }));
    await expect(point('champion', version)).rejects.toMatchObject({ failure: { code: 'version_never_live', version } });
    expect(await point('candidate', version)).toMatchObject({ number: version });
    await tenant.drive(await tenant.start({ version, strategy: 'all-at-once' }));
    for (const at of [1, version]) expect(await point('champion', at)).toMatchObject({ number: at });
  });

  it.each<[string, Behaviour, string]>([
    ['fails', { failing: 0.3 }, 'errors'],
    ['is slow', { durationMs: 900 }, 'latency'],
    ['answers otherwise', { score: (drawn) => 0.9 + drawn / 10 }, 'prediction_drift'],
  ])('goes back by itself when the new version %s, before its bake is over', async (_, behaviour, code) => {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    const way = await tenant.drive(id, () => tenant.serveAll({ [version]: behaviour }));
    expect(way).toEqual(['share', 'bake', 'roll_back']);
    const { body } = await tenant.call('findRollout', { rollout: id });
    expect(body).toMatchObject({ status: 'rolled_back', step: 0, reason: { code, sentence: expect.any(String), step: 0, judgement: 1 } });
    expect(await tenant.weights()).toMatchObject({ arms: ['v1 1'], unserved: 0, version: 1 });
    expect(await steps.plane.read(tenant.ctx(), (tx) => tx.modelVersions.find('flights', version))).toMatchObject({
      deploymentStatus: 'failed',
    });
    expect((await tenant.outbox('model/flights')).at(-1)).toMatchObject({ type: 'rollout.rolled-back.v1', data: { rollout: id, version } });
    // It may try again.
    expect((await tenant.call('startRollout', { model: 'flights' }, { version })).status).toBe(202);
  });

  it('leaves nobody serving when a first version goes back, and goes back when nobody calls', async () => {
    const tenant = await steps.tenant();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    const way = await tenant.drive(id);
    expect(way.at(-1)).toBe('roll_back');
    const { body } = await tenant.call('findRollout', { rollout: id });
    expect(body).toMatchObject({ status: 'rolled_back', reason: { code: 'insufficient_traffic' } });
    expect(await tenant.weights()).toMatchObject({ arms: [], unserved: 0, revision: 2 });
    expect((await steps.plane.read(tenant.ctx(), (tx) => tx.models.find('flights')))?.liveVersion).toBeNull();
  });

  it('repeats every step without doing it twice', async () => {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version({ steps: [{ share: 1, bakeMinutes: 1 }] });
    const id = await tenant.start({ version });
    const twice = async (step: string) => [await tenant.task(step, id), await tenant.task(step, id)];
    const share = { next: 'share', at: 0 };
    expect(await twice('begin')).toMatchObject([share, share]);
    expect(await twice('share')).toMatchObject([{ next: 'bake' }, { next: 'bake' }]);
    tenant.pass(60);
    await tenant.serveAll({});
    expect(await twice('judge')).toMatchObject([{ next: 'complete' }, { next: 'complete' }]);
    expect(await twice('complete')).toMatchObject([{ next: 'end' }, { next: 'end' }]);
    expect(await twice('roll-back')).toMatchObject([{ next: 'end' }, { next: 'end' }]);
    expect(await tenant.weights()).toMatchObject({ arms: ['v2 1'], revision: 3 });
    const facts = (await tenant.outbox('model/flights')).map(({ type }) => type);
    expect(facts.slice(-4)).toEqual(['rollout.started.v1', 'rollout.step.advanced.v1', 'model.deployment.live.v1', 'rollout.succeeded.v1']);
  });

  it('never calls reached what the routing table does not hold, and goes on where it broke', async () => {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    await tenant.task('begin', id);
    steps.breakRouting(() => new StoreUnavailable('The routing table', { cause: undefined }));
    await expect(tenant.task('share', id)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect((await tenant.call('findRollout', { rollout: id })).body).toMatchObject({ status: 'running', step: 0 });
    expect(await tenant.task('judge', id)).toMatchObject({ next: 'share' });
    await expect(tenant.task('roll-back', id, { error: 'StoreUnavailable', cause: '' })).rejects.toMatchObject({
      name: 'StoreUnavailable',
    });
    steps.breakRouting();
    // What was begun before the way back comes too late.
    expect(await tenant.task('share', id)).toMatchObject({ next: 'roll_back' });
    expect(await tenant.task('roll-back', id)).toMatchObject({ next: 'end' });
    expect((await tenant.call('findRollout', { rollout: id })).body).toMatchObject({
      status: 'failed',
      reason: { code: 'machine_failed' },
    });
    expect(await tenant.weights()).toMatchObject({ arms: ['v1 1'], version: 1 });
  });
});

describe('a rollout whose machine is lost', () => {
  const LOST = { status: 'FAILED', error: 'States.ServiceRestart', cause: 'Execution was running when service restarted' };
  const orders = async (tenant: Tenant, id: string) =>
    (await tenant.outbox(`rollout/${id}`)).filter(({ destination }) => destination === 'execution').map(({ data }) => data);
  const step = async (tenant: Tenant, name: 'findRollout' | 'resumeRollout' | 'abortRollout', id: string) =>
    (await tenant.call(name, { rollout: id }, name === 'findRollout' ? undefined : {})).body;

  /** Lost while the second of three steps bakes. */
  async function lost() {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    await tenant.task('begin', id);
    await tenant.task('share', id);
    tenant.pass(900);
    await tenant.serveAll({});
    expect(await tenant.task('judge', id)).toMatchObject({ next: 'share', at: 1 });
    expect(await tenant.task('share', id)).toMatchObject({ next: 'bake', at: 1 });
    await tenant.task('bake', id, { token: 'gone' });
    expect(await tenant.weights()).toMatchObject({ arms: ['v1 0.5', 'v2 0.5'] });
    await tenant.publish(`rollout/${id}`);
    return { tenant, id, version };
  }

  it('goes back when its end is told from outside, and the model is free', async () => {
    const { tenant, id, version } = await lost();
    const input = JSON.stringify((await orders(tenant, id))[0]?.['input']);
    const told = outsideEnd({ source: 'aws.states', detail: { ...LOST, input } }, { step: 'roll-back', about: 'rollout' });
    for (const _ of ['told', 'told again']) expect(await tenant.task('roll-back', id, told)).toMatchObject({ next: 'end' });
    expect(await step(tenant, 'findRollout', id)).toMatchObject({
      status: 'failed',
      reason: { code: 'machine_failed', sentence: expect.stringContaining('States.ServiceRestart') },
    });
    expect(await tenant.weights()).toMatchObject({ arms: ['v1 1'], version: 1 });
    await tenant.start({ version });
  });

  it('goes on where it was when a person resumes it, without saying anything twice', async () => {
    const { tenant, id } = await lost();
    // An order that waits is not given twice.
    for (const _ of ['asked', 'asked again']) expect(await step(tenant, 'resumeRollout', id)).toMatchObject({ status: 'running', step: 1 });
    const [first, again, ...more] = await orders(tenant, id);
    expect(first).toMatchObject({ name: id, resumes: true, input: { rollout: id, tenant: tenant.id, traceparent: expect.any(String) } });
    expect([again, more]).toEqual([first, []]);
    const way = await tenant.drive(id, () => tenant.serveAll({}));
    expect(way.filter((next) => next !== 'bake')).toEqual(['share', 'share', 'complete']);
    expect(await step(tenant, 'findRollout', id)).toMatchObject({ status: 'succeeded' });
    const facts = (await tenant.outbox('model/flights')).filter(({ data }) => data['rollout'] === id).map(({ type }) => type);
    const advanced = 'rollout.step.advanced.v1';
    expect(facts).toEqual(['rollout.started.v1', advanced, advanced, advanced, 'model.deployment.live.v1', 'rollout.succeeded.v1']);
  });

  it('completes what it was completing', async () => {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version({ steps: [{ share: 1, bakeMinutes: 1 }] });
    const id = await tenant.start({ version });
    await tenant.task('begin', id);
    await tenant.task('share', id);
    tenant.pass(60);
    await tenant.serveAll({});
    expect(await tenant.task('judge', id)).toMatchObject({ next: 'complete' });
    steps.breakRouting(() => new StoreUnavailable('The routing table', { cause: undefined }));
    await expect(tenant.task('complete', id)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    steps.breakRouting();
    expect(await tenant.drive(id)).toEqual(['share', 'complete']);
    expect(await tenant.weights()).toMatchObject({ arms: ['v2 1'], version: 2 });
  });

  it('can be sent back once more when it was lost on its way back, and keeps its reason', async () => {
    const { tenant, id } = await lost();
    tenant.pass(60);
    await tenant.serveAll({ 2: { failing: 0.5 } });
    expect(await tenant.task('judge', id)).toMatchObject({ next: 'roll_back' });
    expect(await step(tenant, 'abortRollout', id)).toMatchObject({ status: 'running', reason: { code: 'errors' } });
    expect(await orders(tenant, id)).toHaveLength(2);
    expect(await tenant.drive(id)).toEqual(['roll_back']);
    expect(await step(tenant, 'findRollout', id)).toMatchObject({ status: 'rolled_back', reason: { code: 'errors' } });
  });
});
