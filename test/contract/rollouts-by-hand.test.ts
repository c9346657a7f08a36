import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRolloutSteps } from '../support/rollout-steps.ts';

let steps: Awaited<ReturnType<typeof startRolloutSteps>>;
beforeAll(async () => {
  steps = await startRolloutSteps();
});
afterAll(() => steps?.stop());

describe('a person', () => {
  const waiting = async () => {
    const { tenant } = await steps.withLive();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    await tenant.task('begin', id);
    await tenant.task('share', id);
    await tenant.task('bake', id, { token: 'baking' });
    const answers = async () =>
      (await tenant.outbox(`rollout/${id}`)).filter(({ destination }) => destination === 'task').map(({ data }) => data);
    return { tenant, id, answers, version };
  };

  it('pauses, resumes and aborts; the machine that waits hears of it at once', async () => {
    const { tenant, id, answers } = await waiting();
    const say = (operation: 'pauseRollout' | 'resumeRollout' | 'abortRollout', reason?: string) =>
      tenant.call(operation, { rollout: id }, reason ? { reason } : {});
    expect((await say('pauseRollout', 'lunch')).body).toMatchObject({ status: 'paused' });
    expect((await say('pauseRollout')).body).toMatchObject({ status: 'paused' });
    expect(await answers()).toEqual([{ taskToken: 'baking', output: { signal: 'paused' } }]);
    expect(await tenant.task('judge', id)).toMatchObject({ next: 'pause', seconds: 7 * 24 * 3600 });
    await tenant.task('pause', id, { token: 'pausing' });
    expect(await tenant.weights()).toMatchObject({ arms: ['v1 0.9', 'v2 0.1'] });

    tenant.pass(3600);
    expect((await say('resumeRollout')).body).toMatchObject({ status: 'running' });
    expect((await answers()).at(-1)).toEqual({ taskToken: 'pausing', output: { signal: 'running' } });
    // The bake begins anew.
    await tenant.serveAll({});
    expect(await tenant.task('judge', id)).toMatchObject({ next: 'bake', seconds: 90 });
    await tenant.task('bake', id, { token: 'again' });

    expect(await say('abortRollout', 'wrong model')).toMatchObject({
      status: 202,
      body: { status: 'running', reason: { code: 'aborted' } },
    });
    expect((await answers()).at(-1)).toEqual({ taskToken: 'again', output: { signal: 'roll_back' } });
    expect((await say('resumeRollout')).body).toMatchObject({ type: '/problems/rollout_ended', currentStatus: 'ending' });
    expect((await say('abortRollout')).status).toBe(202);
    expect(await tenant.drive(id)).toEqual(['roll_back']);
    expect((await tenant.call('findRollout', { rollout: id })).body).toMatchObject({
      status: 'aborted',
      reason: { by: 'olga', comment: 'wrong model' },
    });
    for (const operation of ['pauseRollout', 'resumeRollout', 'abortRollout'] as const) {
      expect(await say(operation)).toMatchObject({ status: 409, body: { currentStatus: 'aborted' } });
    }
    expect((await tenant.outbox('model/flights')).slice(-5).map(({ type }) => type)).toEqual([
      'rollout.paused.v1',
      'rollout.resumed.v1',
      'rollout.abort-requested.v1',
      'model.deployment.failed.v1',
      'rollout.aborted.v1',
    ]);
  });

  it('is heard also while the machine is between two waits', async () => {
    const { tenant, id, answers } = await waiting();
    await tenant.call('pauseRollout', { rollout: id }, {});
    // The state that bakes was left, and the next one begins to wait after the word was said.
    await tenant.task('bake', id, { token: 'late' });
    expect((await answers()).at(-1)).toEqual({ taskToken: 'late', output: { signal: 'pause' } });
    await tenant.call('resumeRollout', { rollout: id }, {});
    await tenant.task('pause', id, { token: 'later' });
    expect((await answers()).at(-1)).toEqual({ taskToken: 'later', output: { signal: 'bake' } });
  });

  it('cannot pause what has not begun, and aborts it before anything is served', async () => {
    const tenant = await steps.tenant();
    const { version } = await tenant.version();
    const id = await tenant.start({ version });
    expect(await tenant.call('pauseRollout', { rollout: id }, {})).toMatchObject({ status: 409, body: { type: '/problems/wrong_stage' } });
    await tenant.call('abortRollout', { rollout: id }, {});
    expect(await tenant.drive(id)).toEqual(['roll_back']);
    expect(await tenant.routed()).toBeUndefined();
    expect((await tenant.call('findRollout', { rollout: id })).body).toMatchObject({ status: 'aborted', startedAt: null });
  });

  it('starts no rollout of what may not serve', async () => {
    const { tenant } = await steps.withLive();
    const { version: raw } = await tenant.version({ approved: false });
    const post = (body: object, model = 'flights') => tenant.call('startRollout', { model }, body);
    const type = async (body: object, model?: string) => {
      const answer = await post(body, model);
      return `${answer.status} ${answer.body.type}`;
    };
    expect(await type({ version: raw })).toBe('409 /problems/version_not_approved');
    expect(await type({ version: 1 })).toBe('409 /problems/version_already_live');
    expect(await type({ version: 99 })).toBe('404 /problems/not_found');
    expect(await type({ version: 1 }, 'nowhere')).toBe('404 /problems/not_found');
    expect(await steps.plane.read(tenant.ctx(), (tx) => tx.models.find('nowhere'))).toBeUndefined();
    expect((await post({ version: 1, strategy: 'slowly' })).status).toBe(400);
  });

  it('and another one cannot race: one starts, the other is told which', async () => {
    const tenant = await steps.tenant();
    const { version } = await tenant.version();
    const both = await Promise.all([1, 2, 3].map(() => tenant.call('startRollout', { model: 'flights' }, { version })));
    const [won, ...more] = both.filter(({ status }) => status === 202);
    expect(more).toEqual([]);
    for (const { body } of both.filter(({ status }) => status === 409)) {
      expect(body).toMatchObject({ type: '/problems/rollout_running', rollout: won?.body.id });
    }
  });

  it('sees the rollouts of the own tenant, newest first', async () => {
    const { tenant, version } = await steps.withLive();
    const { version: next } = await tenant.version();
    await tenant.drive(await tenant.start({ version: next, strategy: 'all-at-once' }));
    const { body } = await tenant.call('listRollouts', { model: 'flights' });
    expect(body.items.map((rollout: { version: number }) => rollout.version)).toEqual([next, version]);
    const other = await steps.tenant();
    await other.version();
    expect((await other.call('findRollout', { rollout: body.items[0].id })).status).toBe(404);
    expect((await other.call('abortRollout', { rollout: body.items[0].id }, {})).status).toBe(404);
    expect((await other.call('listRollouts', { model: 'flights' })).body.items).toEqual([]);
    expect((await other.call('findRollout', { rollout: randomUUID() })).status).toBe(404);
    const viewer = await steps.tenant(['viewer']);
    expect((await viewer.call('startRollout', { model: 'flights' }, { version: 1 })).status).toBe(403);
  });
});
