import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PredictionFile, PredictionLog, Predictions } from '#core/serving/index.ts';

export interface LoggedPredictions {
  readonly log: PredictionLog;
  readonly predictions: Predictions;
}

/** What every store of `PredictionLog`, and of the `Predictions` read from it, must do. */
export function predictionLogContract(open: () => Promise<LoggedPredictions>) {
  describe('the prediction log', () => {
    const file = (tenant: string, key: string, ids: readonly string[], score = 0.5): PredictionFile => ({
      key,
      tenant,
      types: { distance: 'integer' },
      rows: ids.map((id) => ({
        id,
        tenant,
        model: 'flights',
        modelId: 'm',
        version: 1,
        versionId: 'v',
        arm: 'v1',
        receivedAt: '2001-04-01T12:00:00.000Z',
        eventTime: '2001-04-01T12:00:00.000Z',
        features: { distance: 612 },
        output: { label: score > 0.5, score },
      })),
    });

    it('gives each row to one of the files that bring it at once, and never to another later', async () => {
      const [{ log }, tenant] = [await open(), randomUUID()];
      const files = [file(tenant, 'one', ['a', 'b', 'c']), file(tenant, 'two', ['b', 'c', 'd']), file(tenant, 'three', ['c', 'a'])];
      await Promise.all(files.map((each) => log.insertOnce(each)));
      const ids = ['a', 'b', 'c', 'd', 'e'];
      const owners = await log.owners(tenant, ids);
      expect([...owners.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
      for (const [id, key] of owners) expect(files.find((each) => each.key === key)?.rows.map((row) => row.id)).toContain(id);
      await log.insertOnce(file(tenant, 'late', ids));
      const later = await log.owners(tenant, ids);
      expect(later).toEqual(new Map([...owners, ['e', 'late']]));
    });

    it('keeps an open file as it came first until it is closed', async () => {
      const [{ log }, tenant] = [await open(), randomUUID()];
      const first = file(tenant, 'k', ['a', 'b']);
      await Promise.all([log.open(first), log.open(first)]);
      expect(await log.stillOpen(tenant, ['k', 'other'])).toEqual([first]);
      await log.close(tenant, 'k');
      await log.close(tenant, 'k');
      expect(await log.stillOpen(tenant, ['k'])).toEqual([]);
    });

    it('is read row by row, each as it was logged first', async () => {
      const [{ log, predictions }, tenant] = [await open(), randomUUID()];
      const first = file(tenant, 'k', ['a'], 0.9);
      await log.insertOnce(first);
      await log.insertOnce(file(tenant, 'l', ['a'], 0.1));
      expect(await predictions.find(tenant, 'a')).toEqual(first.rows[0]);
      expect(await predictions.find(tenant, 'b')).toBeUndefined();
      expect(await predictions.known(tenant, ['a', 'b'])).toEqual(new Set(['a']));
    });

    it('of one tenant is nothing to another', async () => {
      const [{ log, predictions }, mine, theirs] = [await open(), randomUUID(), randomUUID()];
      await log.insertOnce(file(theirs, 'k', ['a']));
      await log.open(file(theirs, 'k', ['a']));
      await log.close(mine, 'k');
      expect(await predictions.find(mine, 'a')).toBeUndefined();
      expect([await log.owners(mine, ['a']), await log.stillOpen(mine, ['k'])]).toEqual([new Map(), []]);
      expect(await log.stillOpen(theirs, ['k'])).toHaveLength(1);
    });
  });
}
