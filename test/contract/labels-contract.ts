import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Label, Labels } from '#core/serving/index.ts';

const AT = '2001-04-01T12:00:00.000Z';

/** What every store of `Labels` must do. */
export function labelsContract(open: () => Promise<Labels>) {
  describe('labels', () => {
    const label = (predictionId: string, value: boolean, recordedBy: string): Label => ({
      predictionId,
      value,
      observedAt: AT,
      receivedAt: AT,
      recordedBy,
    });

    it('are stored once: of racing writers exactly one is told so for each prediction, and its value stays', async () => {
      const labels = await open();
      const batches = fc.array(fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 1 }), { minLength: 2, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(batches, async (writers) => {
          const tenant = randomUUID();
          const told = await Promise.all(
            writers.map((ids, writer) =>
              labels.insertOnce(
                tenant,
                ids.map((id) => label(`p${id}`, writer % 2 === 0, `writer ${writer}`)),
              ),
            ),
          );
          const sent = new Set(writers.flat().map((id) => `p${id}`));
          expect(told.flatMap((ids) => [...ids]).sort()).toEqual([...sent].sort());
          const stored = await labels.find(tenant, [...sent]);
          for (const [writer, ids] of told.entries()) {
            for (const id of ids)
              expect(stored.get(id)).toEqual({ ...label(id, writer % 2 === 0, `writer ${writer}`), contradictedBy: [] });
          }
        }),
        { numRuns: 15 },
      );
    });

    it('remember once who sent the other value, and keep the first', async () => {
      const [labels, tenant] = [await open(), randomUUID()];
      await labels.insertOnce(tenant, [label('p', true, 'ada')]);
      const by = (name: string) => labels.contradict(tenant, [{ predictionId: 'p', by: name }]);
      await Promise.all([by('bob'), by('bob'), by('cyd')]);
      const stored = (await labels.find(tenant, ['p'])).get('p');
      expect(stored).toMatchObject({ value: true, recordedBy: 'ada' });
      expect([...(stored?.contradictedBy ?? [])].sort()).toEqual(['bob', 'cyd']);
    });

    it('are told as bare values of the predictions that have one', async () => {
      const [labels, tenant] = [await open(), randomUUID()];
      await labels.insertOnce(tenant, [label('p', true, 'ada'), label('q', false, 'ada'), label('r', true, 'ada')]);
      expect(await labels.values(tenant, ['q', 'p', 'unknown'])).toEqual(new Map(Object.entries({ p: true, q: false })));
      expect(await labels.values(tenant, [])).toEqual(new Map());
      expect(await labels.values(randomUUID(), ['p'])).toEqual(new Map());
    });

    it('of one tenant are nothing to another', async () => {
      const [labels, mine, theirs] = [await open(), randomUUID(), randomUUID()];
      await labels.insertOnce(theirs, [label('p', true, 'eve')]);
      expect((await labels.find(mine, ['p'])).size).toBe(0);
      await labels.contradict(mine, [{ predictionId: 'p', by: 'ada' }]);
      expect(await labels.insertOnce(mine, [label('p', false, 'ada')])).toEqual(new Set(['p']));
      expect((await labels.find(theirs, ['p'])).get('p')).toEqual({ ...label('p', true, 'eve'), contradictedBy: [] });
    });
  });
}
