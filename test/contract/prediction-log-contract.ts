import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PredictionLog, Predictions } from '#core/serving/index.ts';
import { predictionFile } from '../support/prediction-file.ts';

export interface LoggedPredictions {
  readonly log: PredictionLog;
  readonly predictions: Predictions;
}

/** What every store of `PredictionLog`, and of the `Predictions` read from it, must do. */
export function predictionLogContract(open: () => Promise<LoggedPredictions>) {
  describe('the prediction log', () => {
    it('gives each row to one of the files that bring it at once, and never to another later', async () => {
      const [{ log }, tenant] = [await open(), randomUUID()];
      const files = [
        predictionFile(tenant, 'one', ['a', 'b', 'c']),
        predictionFile(tenant, 'two', ['b', 'c', 'd']),
        predictionFile(tenant, 'three', ['c', 'a']),
      ];
      await Promise.all(files.map((each) => log.insertOnce(each)));
      const ids = ['a', 'b', 'c', 'd', 'e'];
      const owners = await log.owners(tenant, ids);
      expect([...owners.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
      for (const [id, key] of owners) expect(files.find((each) => each.key === key)?.rows.map((row) => row.id)).toContain(id);
      await log.insertOnce(predictionFile(tenant, 'late', ids));
      const later = await log.owners(tenant, ids);
      expect(later).toEqual(new Map([...owners, ['e', 'late']]));
    });

    it('keeps an open file as it came first until it is closed', async () => {
      const [{ log }, tenant] = [await open(), randomUUID()];
      const first = predictionFile(tenant, 'k', ['a', 'b']);
      await Promise.all([log.open(first), log.open(first)]);
      expect(await log.stillOpen(tenant, ['k', 'other'])).toEqual([first]);
      await log.close(tenant, 'k');
      await log.close(tenant, 'k');
      expect(await log.stillOpen(tenant, ['k'])).toEqual([]);
    });

    it('is read row by row, each as it was logged first', async () => {
      const [{ log, predictions }, tenant] = [await open(), randomUUID()];
      const first = predictionFile(tenant, 'k', ['a'], 0.9);
      await log.insertOnce(first);
      await log.insertOnce(predictionFile(tenant, 'l', ['a'], 0.1));
      expect(await predictions.find(tenant, 'a')).toEqual(first.rows[0]);
      expect(await predictions.find(tenant, 'b')).toBeUndefined();
      expect(await predictions.known(tenant, ['a', 'b'])).toEqual(new Set(['a']));
    });

    it('of one tenant is nothing to another', async () => {
      const [{ log, predictions }, mine, theirs] = [await open(), randomUUID(), randomUUID()];
      await log.insertOnce(predictionFile(theirs, 'k', ['a']));
      await log.open(predictionFile(theirs, 'k', ['a']));
      await log.close(mine, 'k');
      expect(await predictions.find(mine, 'a')).toBeUndefined();
      expect([await log.owners(mine, ['a']), await log.stillOpen(mine, ['k'])]).toEqual([new Map(), []]);
      expect(await log.stillOpen(theirs, ['k'])).toHaveLength(1);
    });
  });
}
