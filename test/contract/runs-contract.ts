import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Metric, type Runs, startRun } from '#core/experiments/index.ts';
import { fulfilled, refusals, type Transactions } from './transactions.ts';

/** What every store of `Runs` must do. */
export function runsContract(open: () => Promise<Transactions>) {
  describe('runs', () => {
    const newId = () => randomUUID().replaceAll('-', '');
    const start = (store: Transactions, id: string, name = 'r') =>
      store.write((tx) => startRun(tx, store.ctx, { id, experiment: 'flights', name }));
    const log = (store: Transactions, id: string, entries: Parameters<Runs['log']>[1]) => store.write((tx) => tx.runs.log(id, entries));
    const find = (store: Transactions, id: string) => store.read((tx) => tx.runs.find(id));

    async function started() {
      const [store, id] = [await open(), newId()];
      await start(store, id);
      return { store, id };
    }

    it('start once, also when two start one at once, and stay as they came first', async () => {
      const [store, id] = [await open(), newId()];
      await Promise.all([start(store, id, 'one'), start(store, id, 'two')]);
      const first = await find(store, id);
      expect(['one', 'two']).toContain(first?.name);
      await start(store, id, 'three');
      expect(await find(store, id)).toEqual(first);
      expect(await store.read((tx) => tx.runs.list('flights', { limit: 9 }))).toEqual([first]);
    });

    it('keep the first of the values that race for a param, and refuse the other', async () => {
      const { store, id } = await started();
      const param = async (depth: string) => {
        await log(store, id, { params: { depth } });
        return depth;
      };
      const outcomes = await Promise.allSettled([param('3'), param('4')]);
      const [kept = '', ...others] = fulfilled(outcomes);
      expect([others, refusals(outcomes)]).toEqual([[], ['already_exists']]);
      await param(kept);
      await expect(param('5')).rejects.toMatchObject({ failure: { code: 'already_exists', what: 'param', id: 'depth' } });
      expect(await find(store, id)).toMatchObject({ params: { depth: kept } });
    });

    it('show the metric of the highest step, then time, then value, in whatever order writers bring them', async () => {
      const { store, id } = await started();
      const small = fc.integer({ min: 0, max: 2 });
      const logged = fc.uniqueArray(fc.record({ step: small, timestamp: small, value: small }), {
        minLength: 2,
        maxLength: 6,
        selector: (entry) => JSON.stringify(entry),
      });
      let keys = 0;
      await fc.assert(
        fc.asyncProperty(logged, async (entries) => {
          const key = `auc-${++keys}`;
          const metrics: readonly Metric[] = entries.map((entry) => ({ key, ...entry }));
          await Promise.all(metrics.map((metric) => log(store, id, { metrics: [metric] })));
          const latest = [...metrics].sort((a, b) => b.step - a.step || b.timestamp - a.timestamp || b.value - a.value)[0];
          expect((await find(store, id))?.metrics.find((metric) => metric.key === key)).toEqual(latest);
        }),
        { numRuns: 10 },
      );
    });

    it('take metrics and tags again, numbers that are none among them, and end', async () => {
      const { store, id } = await started();
      const at = (step: number, value: number) => ({ key: 'auc', step, value, timestamp: 1 });
      const loss = { key: 'loss', step: 0, value: Number.POSITIVE_INFINITY, timestamp: 1 };
      await log(store, id, { metrics: [at(1, 0.6), at(2, Number.NaN)], tags: { a: 'b', c: 'd' } });
      await log(store, id, { metrics: [at(1, 0.6), at(0, 0.9), loss], tags: { a: 'e' } });
      await store.write((tx) => tx.runs.finish(id, 'FINISHED', 5));
      expect(await find(store, id)).toMatchObject({ experiment: 'flights', status: 'FINISHED', endTime: 5, tags: { a: 'e', c: 'd' } });
      expect((await find(store, id))?.metrics).toEqual([at(2, Number.NaN), loss]);
    });

    it('are listed newest first, page by page', async () => {
      const store = await open();
      const ids = [newId(), newId(), newId()].sort();
      for (const id of ids) await start(store, id);
      const list = (page: Parameters<Runs['list']>[1]) => store.read((tx) => tx.runs.list('flights', page));
      const [newest, ...older] = await list({ limit: 9 });
      // All of one moment: the id decides.
      expect([newest, ...older].map((run) => run?.id)).toEqual(ids.toReversed());
      expect(await list({ limit: 9, before: newest })).toEqual(older);
    });

    it('of one tenant are nothing to another', async () => {
      const [{ store: theirs, id }, mine] = [await started(), await open()];
      const before = await find(theirs, id);
      expect([await find(mine, id), await mine.read((tx) => tx.runs.list('flights', { limit: 9 }))]).toEqual([undefined, []]);
      await mine.write((tx) => tx.runs.finish(id, 'KILLED', 5));
      await expect(log(mine, id, { tags: { a: 'b' } })).rejects.toThrow();
      expect(await find(theirs, id)).toEqual(before);
    });
  });
}
