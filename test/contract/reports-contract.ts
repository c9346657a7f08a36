import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DRIFT_DEFAULTS, judgeDrift, type Profile } from '#core/drift/index.ts';
import type { Reports, ScanReport } from '#core/monitoring/index.ts';

const NOTHING: Profile = { version: 1, rows: 0, columns: [], prediction: null, target: null };

function report(scan: string, rows: number): ScanReport {
  return {
    scan,
    monitor: 'world',
    model: 'flights',
    versionId: null,
    version: null,
    window: { from: '2001-04-01T00:00:00.000Z', to: '2001-04-02T00:00:00.000Z' },
    asOf: '2001-04-02T00:00:00.000Z',
    reference: { kind: 'training' },
    minRows: 200,
    alertOn: ['columns'],
    files: 1,
    rows,
    labelled: 0,
    verdict: 'insufficient',
    judgement: {
      ...judgeDrift({ reference: NOTHING, current: NOTHING, settings: DRIFT_DEFAULTS }),
      // Names that are the tenant's: nothing a store may read anything into.
      drifted: { columns: ['a.b', '$set'], prediction: false, target: false, performance: false },
    },
  };
}

/** What every store of `Reports` must do. */
export function reportsContract(open: () => Promise<Reports>) {
  describe('reports of scans', () => {
    it('come back as they were put', async () => {
      const [reports, tenant, scan] = [await open(), randomUUID(), randomUUID()];
      expect(await reports.find(tenant, scan)).toBeUndefined();
      await reports.putOnce(tenant, scan, report(scan, 1));
      expect(await reports.find(tenant, scan)).toEqual(report(scan, 1));
    });

    it('are one per scan: of many that put one at once, one stays', async () => {
      const [reports, tenant, scan] = [await open(), randomUUID(), randomUUID()];
      await Promise.all([1, 2, 3].map((rows) => reports.putOnce(tenant, scan, report(scan, rows))));
      const first = await reports.find(tenant, scan);
      expect([1, 2, 3]).toContain(first?.rows);
      await reports.putOnce(tenant, scan, report(scan, 4));
      expect(await reports.find(tenant, scan)).toEqual(first);
    });

    it('of one tenant are nothing to another', async () => {
      const [reports, mine, theirs, scan] = [await open(), randomUUID(), randomUUID(), randomUUID()];
      await reports.putOnce(theirs, scan, report(scan, 1));
      expect(await reports.find(mine, scan)).toBeUndefined();
      await reports.putOnce(mine, scan, report(scan, 2));
      expect((await reports.find(theirs, scan))?.rows).toBe(1);
    });
  });
}
