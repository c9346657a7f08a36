import { describe, expect, it } from 'vitest';
import { newExecution } from '../support/new-execution.ts';
import type { Transactions } from './transactions.ts';

/** What every store of `Pipelines` and `Executions` must do. */
export function executionsContract(open: () => Promise<Transactions>) {
  describe('pipelines', () => {
    it('number their versions in turn while writers race', async () => {
      const store = await open();
      const put = (source: string) =>
        store.write(async (tx) => {
          const { id } = await tx.pipelines.lock('flights', 'ada');
          const sourceSha256 = source.repeat(64);
          return tx.pipelines.addVersion(id, { source, sourceSha256, definition: {} as never, createdBy: 'ada' });
        });
      const made = await Promise.all(['1', '2', '3', '4', '5'].map(put));
      expect(made.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4, 5]);
      const { newest, third, all } = await store.read(async (tx) => ({
        newest: await tx.pipelines.find('flights'),
        third: await tx.pipelines.find('flights', 3),
        all: await tx.pipelines.list({ limit: 9 }),
      }));
      expect([newest?.number, third?.number]).toEqual([5, 3]);
      expect(all).toMatchObject([{ name: 'flights', latest: 5 }]);
    });
  });

  describe('executions', () => {
    it('are changed one writer after the other when each locks the row', async () => {
      const store = await open();
      const id = await store.write((tx) => newExecution(tx, store.ctx));
      const seen = await Promise.all(
        ['a', 'b', 'c', 'd'].map((reason) =>
          store.write(async (tx) => {
            const before = await tx.executions.lock(id);
            await tx.executions.change(id, { failure: { code: 'x', reason } }, store.ctx.now);
            return before?.revision ?? 0;
          }),
        ),
      );
      expect(new Set(seen).size).toBe(4);
      expect(await store.read((tx) => tx.executions.find(id))).toMatchObject({ revision: Math.max(...seen) + 1 });
    });

    it('are running until they end, and keep when they began and ended', async () => {
      const store = await open();
      const id = await store.write((tx) => newExecution(tx, store.ctx));
      const running = () => store.read((tx) => tx.executions.running('flights'));
      expect(await running()).toMatchObject({ id });
      const at = (second: number) => new Date(Date.UTC(2001, 0, 1, 0, 0, second));
      await store.write((tx) => tx.executions.change(id, { status: 'running' }, at(1)));
      await store.write((tx) => tx.executions.change(id, { status: 'running' }, at(2)));
      expect(await running()).toMatchObject({ id });
      await store.write((tx) => tx.executions.change(id, { status: 'succeeded' }, at(3)));
      expect(await running()).toBeUndefined();
      expect(await store.read((tx) => tx.executions.find(id))).toMatchObject({ status: 'succeeded', startedAt: at(1), endedAt: at(3) });
    });

    it('are found in their tenant only', async () => {
      const [mine, theirs] = [await open(), await open()];
      const id = await theirs.write((tx) => newExecution(tx, theirs.ctx));
      expect(await mine.read((tx) => tx.executions.find(id))).toBeUndefined();
      expect(await mine.read((tx) => tx.executions.list({ limit: 9 }))).toEqual([]);
      await mine.write((tx) => tx.executions.change(id, { status: 'failed' }, mine.ctx.now));
      expect(await theirs.read((tx) => tx.executions.find(id))).toMatchObject({ status: 'queued' });
    });
  });
}
