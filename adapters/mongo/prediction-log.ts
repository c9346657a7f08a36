import type { Db } from 'mongodb';
import type { PredictionFile, PredictionLog } from '#core/serving/index.ts';
import { ensureExpiry, expiresAt } from './expiry.ts';
import { once } from './once.ts';
import { type PredictionDocument, toDocument } from './prediction-document.ts';
import { type Kept, tenantCollection } from './tenant-collection.ts';

interface FileDocument {
  /** The file's types and rows as JSON: nobody asks for a part of them. */
  readonly content: string;
  /** When it was opened. */
  readonly receivedAt: Date;
  readonly expiresAt: Date;
}

/** Files of a delivery that broke off are few, and the next one that does finds the others. */
const MOST_LEFT = 20;

type Content = Pick<PredictionFile, 'types' | 'rows'>;

/** Recent predictions in `predictions`, files that are being written in `prediction_files`. */
export function mongoPredictionLog(connect: () => Promise<Db>, clock: () => Date): PredictionLog {
  const database = once(async () => {
    const db = await connect();
    await ensureExpiry(db, 'predictions', 'prediction_files');
    return db;
  });
  const predictions = async (tenant: string) => tenantCollection<PredictionDocument>((await database()).collection('predictions'), tenant);
  const files = async (tenant: string) => tenantCollection<FileDocument>((await database()).collection('prediction_files'), tenant);

  return {
    async open(tenant, opened) {
      const receivedAt = clock();
      const expiry = expiresAt('prediction_files', receivedAt);
      await (await files(tenant)).insertOnce(
        opened.map(({ key, types, rows }) => ({
          id: key,
          document: { content: JSON.stringify({ types, rows } satisfies Content), receivedAt, expiresAt: expiry },
        })),
      );
    },

    async claim(tenant, claiming) {
      const mine = await predictions(tenant);
      const expiry = expiresAt('predictions', clock());
      const rows: Kept<PredictionDocument>[] = claiming.flatMap(({ key, rows }) =>
        rows.map((row) => ({ id: row.id, document: { ...toDocument(row), file: key, expiresAt: expiry } })),
      );
      const there = await mine.insertNew(rows);
      const owners = new Map<string, string>();
      for (const [index, { id, document }] of rows.entries()) if (!there.has(index)) owners.set(id, document.file);
      const others = [...there].flatMap((index) => rows[index]?.id ?? []).filter((id) => !owners.has(id));
      for (const [id, { file }] of await mine.find(others, ['file'])) owners.set(id, file);
      // Expired in this very moment: told as a failure, the row comes again and is then new.
      const lost = others.find((id) => !owners.has(id));
      if (lost !== undefined) throw new Error(`The prediction ${lost} was there and is gone`);
      return owners;
    },

    async stillOpen(tenant, keys) {
      const found = await (await files(tenant)).find(keys);
      return [...found].map(([key, document]) => toFile(tenant, key, document));
    },

    async openedIn(tenant, { from, to }) {
      const time = { from: expiresAt('prediction_files', from), to: expiresAt('prediction_files', to) };
      const found = await (await files(tenant)).between({}, { field: 'expiresAt', ...time, limit: MOST_LEFT });
      return found.map(({ id, document }) => toFile(tenant, id, document));
    },

    async close(tenant, keys) {
      await (await files(tenant)).remove(keys);
    },
  };
}

function toFile(tenant: string, key: string, { content }: FileDocument): PredictionFile {
  return { key, tenant, ...(JSON.parse(content) as Content) };
}
