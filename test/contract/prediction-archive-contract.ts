import { describe, expect, it } from 'vitest';
import type { PredictionArchive } from '#core/serving/index.ts';
import { predictionFile } from '../support/prediction-file.ts';

export interface ReadableArchive {
  readonly archive: PredictionArchive;
  /** The ids of the file's rows in order; undefined when there is no such file. */
  idsIn(key: string): Promise<readonly string[] | undefined>;
}

/** What every store of `PredictionArchive` must do. */
export function predictionArchiveContract(open: () => Promise<ReadableArchive>) {
  describe('the prediction archive', () => {
    const file = (tenant: string, ids: readonly string[]) =>
      predictionFile(tenant, `tenants/${tenant}/predictions/flights/2001/04/01/12/k.parquet`, ids);

    it('keeps a file as one of the racing writers wrote it, whole, and never replaces it', async () => {
      const { archive, idsIn } = await open();
      const [one, two, late] = [file('t', ['a', 'b']), file('t', ['c']), file('t', ['d', 'e'])];
      expect(await idsIn(one.key)).toBeUndefined();
      await Promise.all([archive.write(one, one.rows), archive.write(two, two.rows)]);
      const kept = await idsIn(one.key);
      expect([['a', 'b'], ['c']]).toContainEqual(kept);
      await archive.write(late, late.rows);
      expect(await idsIn(one.key)).toEqual(kept);
    });

    it('holds of a file the rows it is told, which may be fewer than came with it', async () => {
      const { archive, idsIn } = await open();
      const whole = file('t', ['a', 'b', 'c']);
      await archive.write(whole, whole.rows.slice(1));
      expect(await idsIn(whole.key)).toEqual(['b', 'c']);
    });

    it('keeps the files of two tenants apart that write at once', async () => {
      const { archive, idsIn } = await open();
      const [mine, theirs] = [file('mine', ['a']), file('theirs', ['a', 'b'])];
      await Promise.all([mine, theirs].map((each) => archive.write(each, each.rows)));
      expect([await idsIn(mine.key), await idsIn(theirs.key)]).toEqual([['a'], ['a', 'b']]);
    });
  });
}
