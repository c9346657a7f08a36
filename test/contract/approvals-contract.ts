import { describe, expect, it } from 'vitest';
import { newExecution } from '../support/new-execution.ts';
import { fulfilled, refusals, type Transactions } from './transactions.ts';

/** What every store of `Approvals` must do. */
export function approvalsContract(open: () => Promise<Transactions>) {
  describe('approvals', () => {
    async function asked() {
      const store = await open();
      const execution = await store.write((tx) =>
        newExecution(tx, store.ctx, { deployment: { model: 'flights', alias: 'champion', strategy: 'all-at-once' } }),
      );
      const ask = {
        execution,
        policyVersion: 4,
        requestedFor: 'x',
        author: 'ada',
        evidence: { auc: 0.7 },
        expiresAt: new Date(Date.now() + 60_000),
      };
      const request = (taskToken: string) => store.write((tx) => tx.approvals.request({ ...ask, taskToken }, store.ctx.now));
      return { store, execution, request };
    }

    it('are one per execution, also when two ask at once, and take the newer token while pending', async () => {
      const { store, execution, request } = await asked();
      const made = await Promise.all([request('one'), request('two'), request('three')]);
      const id = made[0]?.id ?? '';
      expect(new Set(made.map((approval) => approval.id)).size).toBe(1);
      expect(made[0]).toMatchObject({ model: 'flights', environment: null, policyVersion: 4 });
      await request('newest');
      expect(await store.write((tx) => tx.approvals.lock(id))).toMatchObject({ execution, taskToken: 'newest', revision: 1 });
      expect(await store.read((tx) => tx.approvals.ofExecution(execution))).toMatchObject({ id, status: 'pending' });
    });

    it('keep the deadline that was set first, and whose it is, when they are asked for again', async () => {
      const { store, execution, request } = await asked();
      const first = await request('first');
      const later = { execution, policyVersion: 5, requestedFor: 'x', author: 'ada', evidence: {}, expiresAt: new Date(Date.now() + 9e6) };
      expect(await store.write((tx) => tx.approvals.request({ ...later, taskToken: 'second' }, store.ctx.now))).toEqual(first);
      expect(await store.write((tx) => tx.approvals.lock(first.id))).toMatchObject({ taskToken: 'second', expiresAt: first.expiresAt });
    });

    it('keep what was decided when they are asked for again', async () => {
      const { store, request } = await asked();
      const { id } = await request('first');
      const decided = await store.write((tx) =>
        tx.approvals.decide(id, { status: 'approved', by: 'bob', comment: 'y', policyVersion: 5 }, store.ctx.now),
      );
      expect(decided).toMatchObject({ status: 'approved', decidedBy: 'bob', revision: 2, policyVersion: 5 });
      expect(await request('second')).toEqual(decided);
      expect(await store.write((tx) => tx.approvals.lock(id))).toMatchObject({ taskToken: 'first' });
    });

    it('let the second of two deciders see what the first one said', async () => {
      const { store, request } = await asked();
      const { id } = await request('t');
      const decide = (by: string, status: 'approved' | 'rejected') =>
        store.write(async (tx) => {
          const before = await tx.approvals.lock(id);
          if (before?.status !== 'pending') throw new RangeError(before?.status);
          return tx.approvals.decide(id, { status, by, comment: '', policyVersion: 0 }, store.ctx.now);
        });
      const outcomes = await Promise.allSettled([decide('bob', 'approved'), decide('cyd', 'rejected'), decide('dan', 'approved')]);
      const [first, ...others] = fulfilled(outcomes);
      expect([others, refusals(outcomes)]).toEqual([[], ['RangeError', 'RangeError']]);
      expect(await store.read((tx) => tx.approvals.find(id))).toEqual(first);
    });

    it('are seen in their tenant only', async () => {
      const [{ request, execution }, other] = [await asked(), await open()];
      const { id } = await request('t');
      const found = await other.write(async (tx) => [
        await tx.approvals.find(id),
        await tx.approvals.ofExecution(execution),
        await tx.approvals.lock(id),
        ...(await tx.approvals.list({ limit: 9 })),
      ]);
      expect(found).toEqual([undefined, undefined, undefined]);
    });
  });
}
