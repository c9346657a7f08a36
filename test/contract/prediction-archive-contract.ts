import { describe, expect, it } from 'vitest';
import type { PredictionArchive, PredictionFile } from '#core/serving/index.ts';
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
      await Promise.all([archive.write([one]), archive.write([two])]);
      const kept = await idsIn(one.key);
      expect([['a', 'b'], ['c']]).toContainEqual(kept);
      await archive.write([late]);
      expect(await idsIn(one.key)).toEqual(kept);
    });

    it('writes many files together, each with its own rows and columns, and none of them twice', async () => {
      const { archive, idsIn } = await open();
      const files = Array.from({ length: 40 }, (_, i) => ({
        ...predictionFile('t', `tenants/t/predictions/flights/2001/04/01/12/${i}.parquet`, [`a${i}`, `b${i}`]),
        types: i % 2 === 0 ? { distance: 'integer' } : { distance: 'number', other: 'category' },
      })) satisfies PredictionFile[];
      await archive.write(files.slice(0, 3));
      await archive.write(files);
      await archive.write([]);
      for (const [i, { key }] of files.entries()) expect(await idsIn(key)).toEqual([`a${i}`, `b${i}`]);
    });

    it('keeps the files of two tenants apart that write at once', async () => {
      const { archive, idsIn } = await open();
      const [mine, theirs] = [file('mine', ['a']), file('theirs', ['a', 'b'])];
      await Promise.all([mine, theirs].map((each) => archive.write([each])));
      expect([await idsIn(mine.key), await idsIn(theirs.key)]).toEqual([['a'], ['a', 'b']]);
    });
  });
}
