import type { Db } from 'mongodb';
import type { AgedDocuments } from '#core/retention/index.ts';
import { tenantCollection } from './tenant-collection.ts';

/** What one deletion takes: seconds, far below what a silent connection is given. */
const AT_ONCE = 5_000;
const RECEIVED = 'receivedAt';

/** Documents of one tenant by when they were received; `ensureExpiry` makes the index. */
export function mongoAgedDocuments(connect: () => Promise<Db>): AgedDocuments {
  const collection = async (tenant: string, name: string) => tenantCollection((await connect()).collection(name), tenant);
  return {
    count: async (tenant, name, before) => (await collection(tenant, name)).countBefore(RECEIVED, before),
    oldest: async (tenant, name, from) => (await collection(tenant, name)).oldest(RECEIVED, { $gte: from }),
    async removeSome(tenant, name, before) {
      const mine = await collection(tenant, name);
      const through = await mine.oldest(RECEIVED, { $lt: before }, AT_ONCE);
      await mine.removeBefore(RECEIVED, through ? { $lte: through } : { $lt: before });
      return through !== undefined;
    },
    removeReports: async (tenant, scans) => (await collection(tenant, 'reports')).remove(scans),
  };
}
