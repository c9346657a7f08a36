import { Binary, type Db } from 'mongodb';
import type { CallRecord, Calls } from '#core/serving/index.ts';
import { ensureExpiry, expiresAt } from './expiry.ts';
import { once } from './once.ts';
import { reach } from './reach.ts';
import { type Kept, tenantCollection } from './tenant-collection.ts';

interface CallDocument extends Omit<CallRecord, 'id' | 'receivedAt' | 'scores'> {
  readonly receivedAt: Date;
  /** 32-bit floats, little-endian. */
  readonly scores: Binary;
  readonly expiresAt: Date;
}

/** Calls in `calls`, one document for each call and version. */
export function mongoCalls(connect: () => Promise<Db>): Calls {
  const indexed = once(async () => {
    const db = await connect();
    await ensureExpiry(db, 'calls');
    const indexes = ['modelId', 'versionId'].map((field) => ({ key: { tenant: 1, [field]: 1, receivedAt: 1 } }));
    await reach(() => db.collection('calls').createIndexes(indexes));
  });
  const collection = async (tenant: string) => tenantCollection<CallDocument>((await connect()).collection('calls'), tenant);
  const time = 'receivedAt';
  return {
    async insertOnce(tenant, calls) {
      if (calls.length === 0) return;
      await indexed();
      await (await collection(tenant)).insertOnce(calls.map((call) => ({ id: call.id, document: toDocument(call) })));
    },
    async ofVersion(tenant, { versionId, ...query }) {
      return (await (await collection(tenant)).between({ versionId }, { field: time, ...query })).map(fromDocument);
    },
    async ofModel(tenant, { modelId, ...query }) {
      return (await (await collection(tenant)).between({ modelId }, { field: time, ...query })).map(fromDocument);
    },
  };
}

function toDocument({ id: _id, scores, receivedAt, ...call }: CallRecord): CallDocument {
  const received = new Date(receivedAt);
  const bytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength);
  return { ...call, receivedAt: received, scores: new Binary(bytes), expiresAt: expiresAt('calls', received) };
}

function fromDocument({ id, document }: Kept<CallDocument>): CallRecord {
  const { model, modelId, versionId, version, arm, receivedAt, rows, durationMs, outcome, error, scores } = document;
  return {
    id,
    model,
    modelId,
    versionId,
    version,
    arm,
    receivedAt: receivedAt.toISOString(),
    rows,
    durationMs,
    outcome,
    ...(error === undefined ? {} : { error }),
    // Copied: floats must start at a multiple of four, which a document's bytes need not.
    scores: new Float32Array(Uint8Array.from(scores.value()).buffer),
  };
}
