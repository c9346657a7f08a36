import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { Uploads } from '#adapters/s3/uploads.ts';
import type { datasetRoutes } from '#api/datasets.ts';
import { createDatasetVersion, type Dataset, type DatasetVersion, uploadKey } from '#core/data/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByName = z.object({ name: z.string() });
const ByNumber = z.object({ number: z.int() });

export function datasetHandlers(plane: ControlPlane, uploads: Uploads): Handlers<typeof datasetRoutes> {
  return {
    createDatasetVersion: async (ctx, { dataset, sha256, format, label }, call) => {
      const objectKey = uploadKey(ctx.tenant, 'dataset', sha256);
      const stored = await uploads.find(objectKey);
      if (!stored) throw new DomainError({ code: 'upload_missing', sha256 });
      if (stored.sha256 !== undefined && stored.sha256 !== sha256) {
        throw new DomainError({ code: 'upload_mismatch', expected: sha256, actual: stored.sha256 });
      }
      return plane.write(ctx, call, async (tx) =>
        versionView(await createDatasetVersion(tx, ctx, { dataset, sha256, bytes: stored.bytes, format, objectKey, label })),
      );
    },
    listDatasets: async (ctx, { cursor, limit }) => {
      const after = readCursor(cursor, ByName)?.name;
      const rows = await plane.read(ctx, (tx) => tx.datasets.list({ limit: limit + 1, after }));
      return pageFrom(rows, limit, datasetView, ({ name }) => ({ name }));
    },
    listDatasetVersions: async (ctx, { dataset, cursor, limit }) => {
      const before = readCursor(cursor, ByNumber)?.number;
      const rows = await plane.read(ctx, (tx) => tx.datasets.listVersions(dataset, { limit: limit + 1, before }));
      return pageFrom(rows, limit, versionView, ({ number }) => ({ number }));
    },
    findDatasetVersion: async (ctx, { dataset, version }) => {
      const found = await plane.read(ctx, (tx) => tx.datasets.findVersion(dataset, version));
      if (!found) throw new DomainError({ code: 'not_found', what: 'dataset version', id: `${dataset}/versions/${version}` });
      return versionView(found);
    },
  };
}

function datasetView({ name, latest, createdBy, createdAt }: Dataset) {
  return { name, latest, createdBy, createdAt: createdAt.toISOString() };
}

function versionView({ objectKey: _, createdAt, ...version }: DatasetVersion) {
  return { ...version, createdAt: createdAt.toISOString() };
}
