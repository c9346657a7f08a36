import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Routing, RoutingEntry } from '#core/serving/index.ts';

/** What every store of `Routing` must do. */
export function routingContract(open: () => Promise<Routing>) {
  describe('the routing table', () => {
    const arm = { versionId: 'v-1', version: 1, artifactKey: 'tenants/t/artifacts/a/model.onnx', signatureKey: 's' };
    const entryOf = (tenant: string, revision: number): RoutingEntry => ({
      tenant,
      model: 'flights',
      modelId: 'm',
      ...arm,
      version: revision,
      revision,
      unserved: 0.25,
      arms: [
        { ...arm, weight: 0.9 },
        { ...arm, version: 2, weight: 0.1 },
      ],
    });

    it('gives back what was written, to its tenant and under its name only', async () => {
      const [routing, tenant] = [await open(), randomUUID()];
      const entry = entryOf(tenant, 3);
      await routing.write(entry);
      expect(await routing.read(tenant, 'flights')).toEqual(entry);
      expect(await routing.read(randomUUID(), 'flights')).toBeUndefined();
      expect(await routing.read(tenant, 'other')).toBeUndefined();
    });

    it('takes the same entry again as done, also twice at once', async () => {
      const [routing, tenant] = [await open(), randomUUID()];
      const entry = entryOf(tenant, 3);
      await Promise.all([routing.write(entry), routing.write(entry)]);
      await routing.write(entry);
      expect(await routing.read(tenant, 'flights')).toEqual(entry);
    });

    it('lets one of two different entries of one revision win, and says so to the other', async () => {
      const [routing, tenant] = [await open(), randomUUID()];
      const [one, two] = [entryOf(tenant, 3), { ...entryOf(tenant, 3), version: 9 }];
      const outcomes = await Promise.allSettled([routing.write(one), routing.write(two)]);
      const winner = outcomes[0].status === 'fulfilled' ? one : two;
      expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
        { reason: { name: 'moved_meanwhile', failure: { revision: 3 } } },
      ]);
      expect(await routing.read(tenant, 'flights')).toEqual(winner);
    });

    it('keeps the highest revision whatever the order in which writers come, and an older one is done', async () => {
      const routing = await open();
      const racing = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(racing, async (revisions) => {
          const tenant = randomUUID();
          await Promise.all(revisions.map((revision) => routing.write(entryOf(tenant, revision))));
          expect(await routing.read(tenant, 'flights')).toEqual(entryOf(tenant, Math.max(...revisions)));
        }),
        { numRuns: 15 },
      );
    });
  });
}
