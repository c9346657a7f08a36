import type { Db } from 'mongodb';
import type { Label, Labels } from '#core/serving/index.ts';
import { ensureExpiry, expiresAt } from './expiry.ts';
import { once } from './once.ts';
import { tenantCollection } from './tenant-collection.ts';

interface LabelDocument {
  readonly value: boolean;
  readonly observedAt: Date;
  readonly receivedAt: Date;
  readonly recordedBy: string;
  readonly early?: boolean | undefined;
  /** Who sent the other value later. */
  readonly contradictedBy?: readonly string[];
  readonly expiresAt: Date;
}

/** What really happened, one document per prediction. */
export function mongoLabels(connect: () => Promise<Db>): Labels {
  const indexed = once(async () => ensureExpiry(await connect(), 'labels'));
  const collection = async (tenant: string) => tenantCollection<LabelDocument>((await connect()).collection('labels'), tenant);
  return {
    async insertOnce(tenant, labels) {
      await indexed();
      return (await collection(tenant)).insertOnce(labels.map((label) => ({ id: label.predictionId, document: toDocument(label) })));
    },
    async find(tenant, ids) {
      const found = await (await collection(tenant)).find(ids);
      return new Map(
        [...found].map(([predictionId, { value, observedAt, receivedAt, recordedBy, early, contradictedBy = [] }]) => [
          predictionId,
          {
            predictionId,
            value,
            observedAt: observedAt.toISOString(),
            receivedAt: receivedAt.toISOString(),
            recordedBy,
            ...(early ? { early } : {}),
            contradictedBy,
          },
        ]),
      );
    },
    async values(tenant, ids) {
      const found = await (await collection(tenant)).find(ids, ['value']);
      return new Map([...found].map(([predictionId, { value }]) => [predictionId, value]));
    },
    async contradict(tenant, contradictions) {
      await (await collection(tenant)).addOnce(
        contradictions.map(({ predictionId, by }) => ({ id: predictionId, field: 'contradictedBy', value: by })),
      );
    },
  };
}

function toDocument({ value, observedAt, receivedAt, recordedBy, early }: Label): LabelDocument {
  const received = new Date(receivedAt);
  const told = { value, observedAt: new Date(observedAt), receivedAt: received, recordedBy, ...(early ? { early } : {}) };
  return { ...told, expiresAt: expiresAt('labels', received) };
}
