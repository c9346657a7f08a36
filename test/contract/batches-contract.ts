import { describe, expect, it } from 'vitest';
import { BARE_VERSION } from '../support/bare-version.ts';
import type { Transactions } from './transactions.ts';

/** What every store of `Batches` must do. */
export function batchesContract(open: () => Promise<Transactions>) {
  describe('batches', () => {
    const FILE = { inputKey: 'k', inputSha256: 'a'.repeat(64), format: 'csv', createdBy: 'ada' } as const;
    const at = (second: number) => new Date(Date.UTC(2001, 0, 1, 0, 0, second));

    async function withModel(model = 'flights') {
      const store = await open();
      const version = await store.write(async (tx) =>
        tx.modelVersions.add((await tx.models.lock(model, 'ada')).id, BARE_VERSION, 'ada', store.ctx.now),
      );
      const ids = { modelId: version.modelId, versionId: version.id };
      return { store, ids, add: (second = 0) => store.write((tx) => tx.batches.add({ ...FILE, ...ids }, at(second))) };
    }

    it('are queued, running and at an end, and keep when', async () => {
      const { store, add } = await withModel();
      const { id, ...batch } = await add();
      const nothing = { parts: null, rows: null, badRows: null, outputKey: null, failure: null, startedAt: null, endedAt: null };
      expect(batch).toMatchObject({ model: 'flights', version: 1, status: 'queued', ...FILE, ...nothing, createdAt: at(0) });
      await store.write((tx) => tx.batches.change(id, { status: 'running' }, at(1)));
      await store.write((tx) => tx.batches.change(id, { status: 'running', parts: 2, rows: 60_000 }, at(2)));
      await store.write((tx) => tx.batches.change(id, { status: 'succeeded', badRows: 3, outputKey: 'o', badRowsKey: 'b' }, at(3)));
      const counted = { parts: 2, rows: 60_000, badRows: 3, outputKey: 'o', badRowsKey: 'b' };
      expect(await store.read((tx) => tx.batches.find(id))).toMatchObject({
        status: 'succeeded',
        ...counted,
        startedAt: at(1),
        endedAt: at(3),
      });
    });

    it('keep why they failed', async () => {
      const { store, add } = await withModel();
      const { id } = await add();
      const failure = { code: 'schema_mismatch', at: 'Plan', issues: [{ column: 'delay' }] };
      await store.write((tx) => tx.batches.change(id, { status: 'failed', failure }, at(1)));
      expect(await store.read((tx) => tx.batches.find(id))).toMatchObject({ status: 'failed', failure, endedAt: at(1) });
    });

    it('are changed by one writer after the other when each locks the row', async () => {
      const { store, add } = await withModel();
      const { id } = await add();
      const claims = await Promise.all(
        [1, 2, 3].map(() =>
          store.write(async (tx) => {
            const before = await tx.batches.lock(id);
            await tx.batches.change(id, { status: 'running', parts: (before?.parts ?? 0) + 1 }, at(1));
            return before?.parts ?? 0;
          }),
        ),
      );
      expect(claims.toSorted()).toEqual([0, 1, 2]);
      expect(await store.read((tx) => tx.batches.find(id))).toMatchObject({ parts: 3 });
    });

    it('of a model are listed newest first, page by page', async () => {
      const { store, add } = await withModel();
      const ids: string[] = [];
      for (const second of [1, 2, 2, 3]) ids.unshift((await add(second)).id);
      const all = await store.read((tx) => tx.batches.list({ model: 'flights', limit: 9 }));
      expect(all.map(({ id }) => id)).toEqual(ids);
      const [, second] = all;
      expect((await store.read((tx) => tx.batches.list({ model: 'flights', limit: 1, after: second }))).map(({ id }) => id)).toEqual([
        ids[2],
      ]);
      expect(await store.read((tx) => tx.batches.list({ model: 'boats', limit: 9 }))).toEqual([]);
    });

    it('of one tenant are nothing to another', async () => {
      const [mine, theirs] = [await withModel(), await withModel()];
      const { id } = await theirs.add();
      expect(await mine.store.read((tx) => tx.batches.find(id))).toBeUndefined();
      expect(await mine.store.read((tx) => tx.batches.list({ model: 'flights', limit: 9 }))).toEqual([]);
      await mine.store.write((tx) => tx.batches.change(id, { status: 'running' }, at(1)));
      expect(await theirs.store.read((tx) => tx.batches.find(id))).toMatchObject({ status: 'queued' });
      await expect(mine.store.write((tx) => tx.batches.add({ ...FILE, ...theirs.ids }, at(1)))).rejects.toThrow(/foreign key/);
    });
  });
}
