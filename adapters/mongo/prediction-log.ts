import type { Db } from 'mongodb';
import type { PredictionFile, PredictionLog, PredictionRow } from '#core/serving/index.ts';
import { ensureExpiry, expiresAt } from './expiry.ts';
import { fromDocument, type PredictionDocument, type PredictionFields, toDocument } from './prediction-document.ts';
import { tenantCollection } from './tenant-collection.ts';

interface FileDocument {
  readonly types: PredictionFile['types'];
  readonly rows: readonly PredictionRowDocument[];
  readonly expiresAt: Date;
}

interface PredictionRowDocument extends PredictionFields {
  readonly id: string;
}

/** Recent predictions in `predictions`, files that are being written in `prediction_files`. */
export function mongoPredictionLog(connect: () => Promise<Db>, clock: () => Date): PredictionLog {
  let ready: Promise<Db> | undefined;
  const database = () => {
    ready ??= connect()
      .then(async (db) => {
        await ensureExpiry(db, 'predictions', 'prediction_files');
        return db;
      })
      .catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
    return ready;
  };
  const predictions = async (tenant: string) => tenantCollection<PredictionDocument>((await database()).collection('predictions'), tenant);
  const files = async (tenant: string) => tenantCollection<FileDocument>((await database()).collection('prediction_files'), tenant);

  return {
    async open({ key, tenant, types, rows }) {
      const kept = rows.map((row) => ({ id: row.id, ...toDocument(row) }));
      await (await files(tenant)).insertOnce([
        { id: key, document: { types, rows: kept, expiresAt: expiresAt('prediction_files', clock()) } },
      ]);
    },

    async insertOnce({ key, tenant, rows }) {
      const expiry = expiresAt('predictions', clock());
      await (await predictions(tenant)).insertOnce(
        rows.map((row) => ({ id: row.id, document: { ...toDocument(row), file: key, expiresAt: expiry } })),
      );
    },

    async owners(tenant, ids) {
      const found = await (await predictions(tenant)).find(ids, ['file']);
      return new Map([...found].map(([id, { file }]) => [id, file]));
    },

    async stillOpen(tenant, keys) {
      const found = await (await files(tenant)).find(keys);
      return [...found].map(([key, { types, rows }]) => ({ key, tenant, types, rows: rows.map((row) => asRow(tenant, row)) }));
    },

    async close(tenant, key) {
      await (await files(tenant)).remove(key);
    },
  };
}

function asRow(tenant: string, { id, ...document }: PredictionRowDocument): PredictionRow {
  return fromDocument(tenant, id, document);
}
