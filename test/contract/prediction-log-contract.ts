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
      const told = await Promise.all(files.map((each) => log.claim(tenant, [each])));
      const ids = ['a', 'b', 'c', 'd', 'e'];
      const owners = new Map(told.flatMap((each) => [...each]));
      // Whoever is told of a row is told the same.
      for (const each of told) for (const [id, key] of each) expect(owners.get(id)).toBe(key);
      expect([...owners.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
      for (const [id, key] of owners) expect(files.find((each) => each.key === key)?.rows.map((row) => row.id)).toContain(id);
      const later = await log.claim(tenant, [predictionFile(tenant, 'late', ids)]);
      expect(later).toEqual(new Map([...owners, ['e', 'late']]));
    });

    it('gives a row to one of the files of one claim too, and claims thousands at once', async () => {
      const [{ log }, tenant] = [await open(), randomUUID()];
      const ids = Array.from({ length: 3000 }, (_, i) => `row-${i}`);
      const files = [predictionFile(tenant, 'one', ids.slice(0, 2000)), predictionFile(tenant, 'two', ids.slice(1000))];
      const owners = await log.claim(tenant, files);
      expect(owners.size).toBe(3000);
      expect([owners.get('row-0'), owners.get('row-2999')]).toEqual(['one', 'two']);
      expect(await log.claim(tenant, [predictionFile(tenant, 'late', ids)])).toEqual(owners);
      expect(await log.claim(tenant, [])).toEqual(new Map());
    });

    it('keeps an open file as it came first until it is closed', async () => {
      const [{ log }, tenant] = [await open(), randomUUID()];
      const first = predictionFile(tenant, 'k', ['a', 'b']);
      await Promise.all([log.open(tenant, [first]), log.open(tenant, [first])]);
      expect(await log.stillOpen(tenant, ['k', 'other'])).toEqual([first]);
      await log.close(tenant, ['k']);
      await log.close(tenant, ['k']);
      expect(await log.stillOpen(tenant, ['k'])).toEqual([]);
    });

    it('tells what was opened in a time and is open, of this tenant', async () => {
      const [{ log }, tenant, other] = [await open(), randomUUID(), randomUUID()];
      const [left, closed] = [predictionFile(tenant, 'left', ['a']), predictionFile(tenant, 'closed', ['b'])];
      await log.open(tenant, [left, closed]);
      await log.open(other, [predictionFile(other, 'theirs', ['c'])]);
      await log.close(tenant, ['closed']);
      const at = (minutes: number) => new Date(Date.now() + minutes * 60_000);
      expect(await log.openedIn(tenant, { from: at(-5), to: at(5) })).toEqual([left]);
      expect(await log.openedIn(tenant, { from: at(-9), to: at(-5) })).toEqual([]);
      expect(await log.openedIn(tenant, { from: at(5), to: at(9) })).toEqual([]);
    });

    it('is read row by row, each as it was logged first', async () => {
      const [{ log, predictions }, tenant] = [await open(), randomUUID()];
      const first = predictionFile(tenant, 'k', ['a'], 0.9);
      await log.claim(tenant, [first]);
      await log.claim(tenant, [predictionFile(tenant, 'l', ['a'], 0.1)]);
      expect(await predictions.find(tenant, 'a')).toEqual(first.rows[0]);
      expect(await predictions.find(tenant, 'b')).toBeUndefined();
      expect(await predictions.givenAt(tenant, ['a', 'b'])).toEqual(new Map([['a', new Date('2001-04-01T12:00:00.000Z')]]));
    });

    it('of one tenant is nothing to another', async () => {
      const [{ log, predictions }, mine, theirs] = [await open(), randomUUID(), randomUUID()];
      await log.claim(theirs, [predictionFile(theirs, 'k', ['a'])]);
      await log.open(theirs, [predictionFile(theirs, 'k', ['a'])]);
      await log.close(mine, ['k']);
      expect(await predictions.find(mine, 'a')).toBeUndefined();
      expect(await log.stillOpen(mine, ['k'])).toEqual([]);
      expect(await log.stillOpen(theirs, ['k'])).toHaveLength(1);
      expect(await log.claim(mine, [predictionFile(mine, 'l', ['a'])])).toEqual(new Map([['a', 'l']]));
    });
  });
}
