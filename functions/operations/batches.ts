import * as z from 'zod';
import type { batchRoutes } from '#api/batches.ts';
import { type Batch, LARGEST_BATCH_BYTES, startBatch } from '#core/batch/index.ts';
import { uploadKey } from '#core/data/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import type { OperationsDeps } from './operations-handlers.ts';

const ByTime = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

type BatchDeps = Pick<OperationsDeps, 'plane' | 'uploads' | 'downloadUrl'>;

export function batchHandlers({ plane, uploads, downloadUrl }: BatchDeps): Handlers<typeof batchRoutes> {
  const view = async (batch: Batch) => ({
    ...asSummary(batch),
    outputUrl: batch.outputKey === null ? null : await downloadUrl(batch.outputKey),
    badRowsUrl: batch.badRowsKey === null ? null : await downloadUrl(batch.badRowsKey),
  });
  return {
    createBatch: async (ctx, { model, sha256, format, version }, call) => {
      const inputKey = uploadKey(ctx.tenant, 'batch', sha256);
      const stored = await uploads.find(inputKey);
      if (!stored) throw new DomainError({ code: 'upload_missing', sha256 });
      if (stored.sha256 !== undefined && stored.sha256 !== sha256)
        throw new DomainError({ code: 'upload_mismatch', expected: sha256, actual: stored.sha256 });
      if (stored.bytes > LARGEST_BATCH_BYTES)
        throw new DomainError({ code: 'batch_too_large', what: 'bytes', found: stored.bytes, limit: LARGEST_BATCH_BYTES });
      return plane.write(ctx, call, async (tx) => view(await startBatch(tx, ctx, { model, version, format, sha256, inputKey })));
    },

    listBatches: async (ctx, { model, limit, cursor }) => {
      const from = readCursor(cursor, ByTime);
      const after = from && { createdAt: new Date(from.createdAt), id: from.id };
      const rows = await plane.read(ctx, async (tx) => {
        if (!(await tx.models.find(model))) throw new DomainError({ code: 'not_found', what: 'model', id: model });
        return tx.batches.list({ model, limit: limit + 1, after });
      });
      const page = pageFrom(
        rows,
        limit,
        (batch) => batch,
        ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }),
      );
      return { ...page, items: await Promise.all(page.items.map(view)) };
    },

    findBatch: async (ctx, { batch: id }) => {
      const found = await plane.read(ctx, (tx) => tx.batches.find(id));
      if (!found) throw new DomainError({ code: 'not_found', what: 'batch', id });
      return view(found);
    },
  };
}

function asSummary({ id, model, version, status, format, parts, rows, badRows, failure, createdBy, ...batch }: Batch) {
  return {
    id,
    model,
    version,
    status,
    format,
    parts,
    rows,
    badRows,
    failure,
    createdBy,
    createdAt: batch.createdAt.toISOString(),
    startedAt: batch.startedAt?.toISOString() ?? null,
    endedAt: batch.endedAt?.toISOString() ?? null,
  };
}
