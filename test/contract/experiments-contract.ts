import { describe, expect, it } from 'vitest';
import type { Transactions } from './transactions.ts';

/** What every store of `Experiments` must do. */
export function experimentsContract(open: () => Promise<Transactions>) {
  describe('experiments', () => {
    const ensure = (store: Transactions, name: string) => store.write((tx) => tx.experiments.ensure(name));

    it('are made once by name, also by several at once', async () => {
      const store = await open();
      const made = await Promise.all([ensure(store, 'flights'), ensure(store, 'flights'), ensure(store, 'flights')]);
      expect(new Set([...made, await ensure(store, 'flights')].map(({ id }) => id)).size).toBe(1);
      expect(await store.read((tx) => tx.experiments.list({ limit: 9 }))).toMatchObject([{ id: made[0]?.id, name: 'flights' }]);
    });

    it('are listed by name, page by page', async () => {
      const store = await open();
      for (const name of ['c', 'a', 'b']) await ensure(store, name);
      const names = (page: { limit: number; after?: string }) =>
        store.read(async (tx) => (await tx.experiments.list(page)).map(({ name }) => name));
      expect([await names({ limit: 2 }), await names({ limit: 2, after: 'b' })]).toEqual([['a', 'b'], ['c']]);
    });

    it('of one tenant are nothing to another', async () => {
      const [mine, theirs] = [await open(), await open()];
      const { id } = await ensure(theirs, 'flights');
      expect(await mine.read((tx) => tx.experiments.list({ limit: 9 }))).toEqual([]);
      expect((await ensure(mine, 'flights')).id).not.toBe(id);
    });
  });
}
