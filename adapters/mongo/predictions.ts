import type { Db } from 'mongodb';
import type { Predictions } from '#core/serving/index.ts';
import { fromDocument, type PredictionDocument } from './prediction-document.ts';
import { tenantCollection } from './tenant-collection.ts';

/** Recent predictions, to be read. */
export function mongoPredictions(connect: () => Promise<Db>): Predictions {
  const collection = async (tenant: string) => tenantCollection<PredictionDocument>((await connect()).collection('predictions'), tenant);
  return {
    async find(tenant, id) {
      const document = (await (await collection(tenant)).find([id])).get(id);
      return document && fromDocument(tenant, id, document);
    },
    async givenAt(tenant, ids) {
      const found = await (await collection(tenant)).find(ids, ['receivedAt']);
      return new Map([...found].map(([id, { receivedAt }]) => [id, receivedAt]));
    },
  };
}
