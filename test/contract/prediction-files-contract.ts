import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PredictionFiles } from '#adapters/s3/prediction-files.ts';

export interface OpenedPredictionFiles {
  readonly files: PredictionFiles;
  put(key: string): Promise<void>;
}

/** What looking into the prediction log by the names of its files must do. */
export function predictionFilesContract(open: () => Promise<OpenedPredictionFiles>) {
  describe('files of the prediction log', () => {
    const latest = new Date('2026-01-01T00:00:00Z');

    async function logged(hours: readonly string[], model = 'flights') {
      const [{ files, put }, tenant] = [await open(), randomUUID()];
      const key = (hour: string, name: string) => `tenants/${tenant}/predictions/${model}/${hour}/${name}.parquet`;
      await Promise.all(hours.flatMap((hour) => ['a', 'b'].map((name) => put(key(hour, name)))));
      const between = async (from: string, to: string) =>
        (await files.between(tenant, 'flights', new Date(from), new Date(to))).map((file) => file.key);
      return { tenant, files, put, key, between };
    }

    it('are those of the hours of a window, the last not included', async () => {
      const hours = ['2001/03/31/23', '2001/04/01/00', '2001/04/01/23', '2001/04/02/00'];
      const { between, key } = await logged(hours);
      expect(await between('2001-04-01T00:00:00Z', '2001-04-02T00:00:00Z')).toEqual(
        ['2001/04/01/00', '2001/04/01/23'].flatMap((hour) => [key(hour, 'a'), key(hour, 'b')]),
      );
      expect(await between('2001-04-02T01:00:00Z', '2001-05-01T00:00:00Z')).toEqual([]);
      expect(await between('2001-03-01T00:00:00Z', '2001-05-01T00:00:00Z')).toHaveLength(8);
    });

    it('come in more pages than one', async () => {
      const hours = Array.from({ length: 24 }, (_, hour) => `2001/04/01/${String(hour).padStart(2, '0')}`);
      const { put, key, between } = await logged(hours);
      const many = Array.from({ length: 1100 }, (_, index) => key('2001/04/01/12', `m${index}`));
      for (let at = 0; at < many.length; at += 50) await Promise.all(many.slice(at, at + 50).map(put));
      expect(await between('2001-04-01T00:00:00Z', '2001-04-02T00:00:00Z')).toHaveLength(48 + 1100);
    });

    it('tell the newest hour, which is not beyond what is asked for', async () => {
      const { tenant, files } = await logged(['2001/04/30/23', '2001/12/31/05', '2002/01/01/00', '2099/01/01/00']);
      const watermark = async (to: string) => (await files.watermark(tenant, 'flights', new Date(to)))?.toISOString();
      expect(await watermark('2026-01-01T00:00:00Z')).toBe('2002-01-01T00:00:00.000Z');
      expect(await watermark('2001-12-31T23:59:00Z')).toBe('2001-12-31T05:00:00.000Z');
      // Same year, nothing in its months so far: the year before is asked.
      expect(await watermark('2002-01-01T00:30:00Z')).toBe('2002-01-01T00:00:00.000Z');
      expect(await watermark('2001-12-31T04:59:00Z')).toBe('2001-04-30T23:00:00.000Z');
      expect(await watermark('2001-04-30T22:00:00Z')).toBeUndefined();
      expect([...(await files.months(tenant, 'flights'))].sort()).toEqual(['2001-04', '2001-12', '2002-01', '2099-01']);
    });

    it('of another model or tenant are nothing to these', async () => {
      const { tenant, files, between } = await logged(['2001/04/01/00'], 'flights2');
      expect(await between('2001-01-01T00:00:00Z', '2002-01-01T00:00:00Z')).toEqual([]);
      expect(await files.watermark(tenant, 'flights', latest)).toBeUndefined();
      expect(await files.watermark(randomUUID(), 'flights2', latest)).toBeUndefined();
      expect((await files.months(tenant, 'flights')).size).toBe(0);
    });
  });
}
