import { describe, expect, it } from 'vitest';
import { type NewRollout, type Rollout, type RolloutChange, rolloutPlan } from '#core/rollout/index.ts';
import { BARE_VERSION } from '../support/bare-version.ts';
import { newExecution } from '../support/new-execution.ts';
import { fulfilled, refusals, type Transactions } from './transactions.ts';

/** What every store of `Rollouts` must do. */
export function rolloutsContract(open: () => Promise<Transactions>) {
  describe('rollouts', () => {
    async function withVersions(model = 'flights') {
      const store = await open();
      const [old, next] = await store.write(async (tx) => {
        const { id } = await tx.models.lock(model, 'ada');
        const add = () => tx.modelVersions.add(id, BARE_VERSION, 'ada', store.ctx.now);
        return [await add(), await add()] as const;
      });
      const order: NewRollout = {
        modelId: next.modelId,
        versionId: next.id,
        baselineVersionId: old.id,
        executionId: null,
        alias: 'champion',
        plan: rolloutPlan('canary'),
        policyVersion: 3,
        waitingToken: 'who waits',
        traceparent: 'trace',
      };
      const start = (change: Partial<NewRollout> = {}) =>
        store.write((tx) => tx.rollouts.add({ ...order, ...change }, 'ada', store.ctx.now));
      return { store, old, next, start };
    }

    it('keep what was ordered, and begin at the first step', async () => {
      const { store, start } = await withVersions();
      const made = await start();
      expect(made).toMatchObject({ model: 'flights', version: 2, baselineVersion: 1, status: 'queued', step: 0, stepSince: null });
      expect(made).toMatchObject({ plan: rolloutPlan('canary'), reason: null, revision: 1, createdBy: 'ada', traceparent: 'trace' });
      expect(await store.read((tx) => tx.rollouts.find(made.id))).toEqual(made);
      expect(await store.write((tx) => tx.rollouts.lock(made.id))).toEqual({ ...made, taskToken: null, waitingToken: 'who waits' });
      expect(await store.read((tx) => tx.rollouts.running(made.modelId))).toEqual(made);
    });

    it('let one of racing starts of a model win, and name it to the others', async () => {
      const { store, start } = await withVersions();
      const outcomes = await Promise.allSettled([start(), start(), start()]);
      const [winner, ...others] = fulfilled(outcomes);
      expect([others, refusals(outcomes)]).toEqual([[], ['rollout_running', 'rollout_running']]);
      await expect(start()).rejects.toMatchObject({ failure: { code: 'rollout_running', rollout: winner?.id } });
      for (const status of ['running', 'paused', 'rolled_back'] as const) {
        await store.write((tx) => tx.rollouts.change(winner?.id ?? '', { status }, store.ctx.now));
        if (status !== 'rolled_back') await expect(start()).rejects.toMatchObject({ name: 'rollout_running' });
      }
      expect(await start()).toMatchObject({ status: 'queued' });
    });

    it('are one per execution', async () => {
      const { store, start } = await withVersions();
      const executionId = await store.write((tx) => newExecution(tx, store.ctx));
      const made = await start({ executionId });
      expect(await store.read((tx) => tx.rollouts.ofExecution(executionId))).toEqual(made);
      await store.write((tx) => tx.rollouts.change(made.id, { status: 'failed' }, store.ctx.now));
      await expect(start({ executionId })).rejects.toMatchObject({ code: '23505' });
    });

    it('change as they are told to, one revision each, and remember when they began and ended', async () => {
      const { store, start } = await withVersions();
      const { id } = await start();
      const [early, late] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')];
      const change = (to: RolloutChange, now: Date) => store.write((tx) => tx.rollouts.change(id, to, now));
      expect(await change({ status: 'running', taskToken: 't' }, early)).toMatchObject({ startedAt: early, endedAt: null, revision: 2 });
      expect(await change({ step: 1, stepSince: late }, late)).toMatchObject({ step: 1, stepSince: late, startedAt: early });
      await change({ status: 'paused', stepSince: null }, late);
      expect(await change({ status: 'running' }, late)).toMatchObject({ startedAt: early, stepSince: null });
      expect(await store.write((tx) => tx.rollouts.lock(id))).toMatchObject({ taskToken: 't', waitingToken: 'who waits' });
      const reason = { code: 'errors', sentence: 'It failed.', step: 1 };
      const ended = await store.write((tx) => tx.rollouts.change(id, { status: 'rolled_back', reason, taskToken: null }, late));
      expect(ended).toMatchObject({ status: 'rolled_back', reason, endedAt: late, revision: 6 });
      expect(await store.read((tx) => tx.rollouts.running(ended.modelId))).toBeUndefined();
    });

    it('number their judgements in turn', async () => {
      const { store, start } = await withVersions();
      const { id } = await start();
      const judge = (verdict: 'wait' | 'advance') =>
        store.write(async (tx) => {
          await tx.rollouts.lock(id);
          return tx.rollouts.addJudgement(id, { step: 0, verdict, checks: [], decidedAt: store.ctx.now });
        });
      await Promise.all([judge('wait'), judge('wait'), judge('wait')]);
      const last = await judge('advance');
      expect(last).toEqual({ number: 4, step: 0, verdict: 'advance', checks: [], decidedAt: store.ctx.now });
      const all = await store.read((tx) => tx.rollouts.judgements(id));
      expect(all.map(({ number, verdict }) => `${number} ${verdict}`)).toEqual(['1 wait', '2 wait', '3 wait', '4 advance']);
    });

    it('show their last judgements by one question', async () => {
      const { store, start } = await withVersions();
      const judged: Rollout[] = [];
      for (const verdicts of [['wait', 'roll_back'], ['wait'], []] as const) {
        const { id } = await start();
        for (const verdict of verdicts)
          await store.write((tx) => tx.rollouts.addJudgement(id, { step: 0, verdict, checks: [], decidedAt: store.ctx.now }));
        judged.push(await store.write((tx) => tx.rollouts.change(id, { status: 'aborted' }, store.ctx.now)));
      }
      const [twice = '', once = '', never = ''] = judged.map(({ id }) => id);
      const last = (ids: readonly string[]) => store.read((tx) => tx.rollouts.lastJudgements(ids));
      expect(await last([twice, once, never])).toEqual(
        new Map([
          [twice, { number: 2, step: 0, verdict: 'roll_back', checks: [], decidedAt: store.ctx.now }],
          [once, { number: 1, step: 0, verdict: 'wait', checks: [], decidedAt: store.ctx.now }],
        ]),
      );
      expect(await last([])).toEqual(new Map());
    });

    it('are listed newest first, page by page, of one model', async () => {
      const { store, start } = await withVersions();
      const made: Rollout[] = [];
      for (let at = 0; at < 3; at += 1) {
        const rollout = await start();
        made.unshift(await store.write((tx) => tx.rollouts.change(rollout.id, { status: 'aborted' }, store.ctx.now)));
      }
      expect(await store.read((tx) => tx.rollouts.list('flights', { limit: 2 }))).toEqual(made.slice(0, 2));
      expect(await store.read((tx) => tx.rollouts.list('flights', { limit: 9, before: made[1] }))).toEqual(made.slice(2));
      expect(await store.read((tx) => tx.rollouts.list('others', { limit: 9 }))).toEqual([]);
    });

    it('are seen in their tenant only', async () => {
      const [{ store, start }, other] = [await withVersions(), await open()];
      const { id, modelId } = await start();
      await store.write((tx) => tx.rollouts.addJudgement(id, { step: 0, verdict: 'wait', checks: [], decidedAt: store.ctx.now }));
      const found = await other.write(async (tx) => [
        await tx.rollouts.find(id),
        await tx.rollouts.lock(id),
        await tx.rollouts.running(modelId),
        ...(await tx.rollouts.list('flights', { limit: 9 })),
        ...(await tx.rollouts.judgements(id)),
      ]);
      expect(found).toEqual([undefined, undefined, undefined]);
    });
  });
}
