import { describe, expect, it } from 'vitest';
import { BUILT_IN, type PolicyRules, putPolicy } from '#core/governance/index.ts';
import { type MonitorSettings, putMonitor } from '#core/monitoring/index.ts';
import { fulfilled, refusals, type Transactions } from './transactions.ts';

const gate = (atLeast: number): PolicyRules => ({ approvals: [], gates: [{ models: '*', metric: 'auc', atLeast }] });

/** What every store of `Policies` must do, seen through the use case that makes versions. */
export function policiesContract(open: () => Promise<Transactions>) {
  describe('policies', () => {
    const put = (store: Transactions, rules: PolicyRules, expectedRevision?: number) =>
      store.write((tx) => putPolicy(tx, store.ctx, { rules, comment: 'because', expectedRevision }));
    const current = (store: Transactions) => store.read((tx) => tx.policies.current());

    it('are the built-in one until a tenant makes its own, and keep every version', async () => {
      const store = await open();
      expect(await current(store)).toEqual(BUILT_IN);
      expect(await put(store, BUILT_IN.rules)).toEqual(BUILT_IN);
      const first = await put(store, gate(0.6));
      const second = await put(store, { ...gate(0.7), approvals: [{ models: 'flights', environments: [null, 'prod'], longestHours: 1 }] });
      expect([first.version, second.version, second.createdBy]).toEqual([1, 2, 'ada']);
      const kept = await store.read(async (tx) => [await tx.policies.find(0), await tx.policies.find(1), await tx.policies.find(2)]);
      expect(kept).toEqual([BUILT_IN, first, second]);
      expect(await current(store)).toEqual(second);
      const list = (limit: number, before?: number) => store.read((tx) => tx.policies.list({ limit, before }));
      expect([await list(1), await list(9, 2), await list(9, 1)]).toEqual([[second], [first], []]);
      expect(await store.read((tx) => tx.policies.find(3))).toBeUndefined();
    });

    it('are no new version when they say the same, however it is written', async () => {
      const store = await open();
      await put(store, { approvals: [], gates: [{ models: 'a', metric: 'auc', atLeast: 0.5, atMost: undefined }] });
      expect(await put(store, { gates: [{ atLeast: 0.5, metric: 'auc', models: 'a' }], approvals: [] })).toMatchObject({ version: 1 });
      // A retry whose first answer was lost names the version before its own.
      expect(await put(store, { gates: [{ atLeast: 0.5, metric: 'auc', models: 'a' }], approvals: [] }, 0)).toMatchObject({ version: 1 });
    });

    it('are numbered without gaps by writers at once, of whom one wins who saw the same version', async () => {
      const store = await open();
      const made = await Promise.all([0.1, 0.2, 0.3, 0.4].map((limit) => put(store, gate(limit))));
      expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4]);
      const outcomes = await Promise.allSettled([0.5, 0.6, 0.7].map((limit) => put(store, gate(limit), 4)));
      expect([fulfilled(outcomes).length, refusals(outcomes)]).toEqual([1, ['moved_meanwhile', 'moved_meanwhile']]);
      expect(await current(store)).toEqual(fulfilled(outcomes)[0]);
    });

    it('and monitors agree about how long the log is kept, also when both are written at once', async () => {
      const store = await open();
      await store.write((tx) => tx.models.lock('flights', 'ada'));
      const watch = (monitor: string, hours: number) =>
        store.write((tx) => putMonitor(tx, store.ctx, { model: 'flights', monitor, settings: watching(hours) }));
      const keep = (predictionDays: number) => put(store, { approvals: [], gates: [], retention: { predictionDays } });
      await watch('month', 24 * 30);
      expect(refusals(await Promise.allSettled([keep(30)]))).toEqual(['retention_too_short']);
      expect(await keep(31)).toMatchObject({ version: 1, rules: { retention: { predictionDays: 31 } } });
      expect(refusals(await Promise.allSettled([watch('longer', 24 * 31)]))).toEqual(['retention_too_short']);
      expect(await watch('month', 24)).toMatchObject({ name: 'month' });
      // Whoever is second is told; which of them that is, chance decides.
      for (const round of [1, 2, 3, 4]) {
        const outcomes = await Promise.allSettled([watch(`at-once-${round}`, 24 * 28), keep(20)]);
        expect(refusals(outcomes), `round ${round}`).toEqual(['retention_too_short']);
        await watch(`at-once-${round}`, 24);
        await keep(40);
      }
    });

    it('belong to one tenant', async () => {
      const [mine, theirs] = [await open(), await open()];
      await put(theirs, gate(0.9));
      expect(await current(mine)).toEqual(BUILT_IN);
      expect(await mine.read(async (tx) => [await tx.policies.find(1), ...(await tx.policies.list({ limit: 9 }))])).toEqual([undefined]);
      expect(await put(mine, gate(0.8))).toMatchObject({ version: 1 });
    });
  });
}

function watching(hours: number): MonitorSettings {
  const always = { latenessHours: 0, clock: 'wall', schedule: 'rate(1 day)', minRows: 1, alertOn: [], retraining: null } as const;
  return { ...always, reference: { kind: 'training' }, window: { hours, startsAt: '2001-04-01T00:00:00Z' } };
}
