import type { Db } from 'mongodb';
import type { Reports, ScanReport } from '#core/monitoring/index.ts';
import { tenantCollection } from './tenant-collection.ts';

/** Kept as text: names of features and categories are the tenant's and may hold dots and dollars, which names of fields may not. */
interface ReportDocument {
  readonly scan: string;
  readonly json: string;
}

/** Reports of scans, one document each. They stay as long as their scans' rows. */
export function mongoReports(connect: () => Promise<Db>): Reports {
  const collection = async (tenant: string) => tenantCollection<ReportDocument>((await connect()).collection('reports'), tenant);
  return {
    async putOnce(tenant, scan, report) {
      await (await collection(tenant)).insertOnce([{ id: scan, document: { scan, json: JSON.stringify(report) } }]);
    },
    async find(tenant, scan) {
      const found = (await (await collection(tenant)).find([scan])).get(scan);
      return found && (JSON.parse(found.json) as ScanReport);
    },
  };
}
