import * as z from 'zod';
import type { batchRoutes } from '#api/batches.ts';
import { type Batch, LARGEST_BATCH_BYTES, startBatch } from '#core/batch/index.ts';
import { uploadKey } from '#core/data/index.ts';
import { isKept, type Policy } from '#core/governance/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import type { OperationsDeps } from './operations-handlers.ts';

const ByTime = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

type BatchDeps = Pick<OperationsDeps, 'plane' | 'uploads' | 'downloadUrl'>;

export function batchHandlers({ plane, uploads, downloadUrl }: BatchDeps): Handlers<typeof batchRoutes> {
  const view = async (batch: Batch, { rules: { retention } }: Pick<Policy, 'rules'>, now: Date) => {
    const url = async (key: string | null) =>
      key !== null && isKept(retention, 'batchDays', batch.endedAt, now) ? downloadUrl(key) : null;
    return { ...asSummary(batch), outputUrl: await url(batch.outputKey), badRowsUrl: await url(batch.badRowsKey) };
  };
  return {
    createBatch: async (ctx, { model, sha256, format, version }, call) => {
      const inputKey = uploadKey(ctx.tenant, 'batch', sha256);
      const stored = await uploads.find(inputKey);
      if (!stored) throw new DomainError({ code: 'upload_missing', sha256 });
      if (stored.sha256 !== undefined && stored.sha256 !== sha256)
        throw new DomainError({ code: 'upload_mismatch', expected: sha256, actual: stored.sha256 });
      if (stored.bytes > LARGEST_BATCH_BYTES)
        throw new DomainError({ code: 'batch_too_large', what: 'bytes', found: stored.bytes, limit: LARGEST_BATCH_BYTES });
      return plane.write(ctx, call, async (tx) =>
        view(await startBatch(tx, ctx, { model, version, format, sha256, inputKey }), await tx.policies.current(), ctx.now),
      );
    },

    listBatches: async (ctx, { model, limit, cursor }) => {
      const from = readCursor(cursor, ByTime);
      const after = from && { createdAt: new Date(from.createdAt), id: from.id };
      const { rows, policy } = await plane.read(ctx, async (tx) => {
        if (!(await tx.models.find(model))) throw new DomainError({ code: 'not_found', what: 'model', id: model });
        return { rows: await tx.batches.list({ model, limit: limit + 1, after }), policy: await tx.policies.current() };
      });
      const page = pageFrom(
        rows,
        limit,
        (batch) => batch,
        ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }),
      );
      return { ...page, items: await Promise.all(page.items.map((batch) => view(batch, policy, ctx.now))) };
    },

    findBatch: async (ctx, { batch: id }) => {
      const { found, policy } = await plane.read(ctx, async (tx) => ({
        found: await tx.batches.find(id),
        policy: await tx.policies.current(),
      }));
      if (!found) throw new DomainError({ code: 'not_found', what: 'batch', id });
      return view(found, policy, ctx.now);
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
