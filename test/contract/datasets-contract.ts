import { describe, expect, it } from 'vitest';
import { createDatasetVersion } from '#core/data/index.ts';
import type { Transactions } from './transactions.ts';

/** What every store of `Datasets` must do. */
export function datasetsContract(open: () => Promise<Transactions>) {
  describe('datasets', () => {
    const add = (store: Transactions, dataset: string, digit: string) =>
      store.write((tx) =>
        createDatasetVersion(tx, store.ctx, { dataset, sha256: digit.repeat(64), bytes: 1, format: 'parquet', objectKey: digit }),
      );

    it('are made once and number their versions in turn while writers race, and find content that is there already', async () => {
      const store = await open();
      const made = await Promise.all(['1', '2', '3', '4', '1', '2'].map((digit) => add(store, 'flights', digit)));
      expect(new Set(made.map(({ number }) => number))).toEqual(new Set([1, 2, 3, 4]));
      expect([made[4]?.number, made[5]?.number]).toEqual([made[0]?.number, made[1]?.number]);
      expect(await store.read((tx) => tx.datasets.list({ limit: 9 }))).toMatchObject([{ name: 'flights', latest: 4 }]);
    });

    it('are held by the one who locked them', async () => {
      const store = await open();
      let inside = 0;
      const hold = () =>
        store.write(async (tx) => {
          const { id } = await tx.datasets.lock('flights', 'ada');
          inside += 1;
          await tx.datasets.findVersion('flights');
          const seen = inside;
          inside -= 1;
          return { id, seen };
        });
      const held = await Promise.all([hold(), hold(), hold()]);
      expect(new Set(held.map(({ id }) => id)).size).toBe(1);
      expect(held.map(({ seen }) => seen)).toEqual([1, 1, 1]);
    });

    it('are read by name and number, page by page', async () => {
      const store = await open();
      for (const digit of ['1', '2', '3', '4']) await add(store, 'flights', digit);
      await add(store, 'boats', '1');
      const found = await store.read(async (tx) => ({
        newest: (await tx.datasets.findVersion('flights'))?.number,
        second: await tx.datasets.findVersion('flights', 2),
        none: [await tx.datasets.findVersion('flights', 5), await tx.datasets.findVersion('trains')],
        page: (await tx.datasets.listVersions('flights', { limit: 2, before: 4 })).map(({ number }) => number),
        first: (await tx.datasets.list({ limit: 1 })).map(({ name }) => name),
        rest: (await tx.datasets.list({ limit: 9, after: 'boats' })).map(({ name }) => name),
      }));
      expect(found).toMatchObject({ newest: 4, none: [undefined, undefined], page: [3, 2], first: ['boats'], rest: ['flights'] });
      expect(found.second).toMatchObject({ dataset: 'flights', sha256: '2'.repeat(64), bytes: 1, objectKey: '2' });
    });

    it('of one tenant are nothing to another', async () => {
      const [mine, theirs] = [await open(), await open()];
      await add(theirs, 'flights', '1');
      const { id } = await theirs.write((tx) => tx.datasets.lock('flights', 'ada'));
      const found = await mine.read(async (tx) => [
        await tx.datasets.findVersion('flights'),
        await tx.datasets.versionByContent(id, '1'.repeat(64)),
        ...(await tx.datasets.listVersions('flights', { limit: 9 })),
        ...(await tx.datasets.list({ limit: 9 })),
      ]);
      expect(found).toEqual([undefined, undefined]);
      const version = { label: null, sha256: '2'.repeat(64), bytes: 1, format: 'parquet', objectKey: '2', createdBy: 'eve' } as const;
      await expect(mine.write((tx) => tx.datasets.addVersion(id, version, mine.ctx.now))).rejects.toThrow();
      expect(await add(mine, 'flights', '1')).toMatchObject({ number: 1 });
      expect(await theirs.read((tx) => tx.datasets.findVersion('flights'))).toMatchObject({ number: 1, sha256: '1'.repeat(64) });
    });
  });
}
