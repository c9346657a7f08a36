import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import { hasEnded } from './batch-status.ts';
import type { Batch, Batches, BatchFailure, BatchProgress } from './ports.ts';

type Tx = { readonly batches: Pick<Batches, 'lock' | 'change'> } & Recorder;

/** The machine takes the batch up, and says how it was cut once that is known. Quietly: the order was told of when it was given. */
export async function beginBatch(
  tx: Tx,
  ctx: Context,
  id: string,
  cut: { readonly parts?: number; readonly rows?: number } = {},
): Promise<void> {
  const batch = await lockOpen(tx, id);
  if (batch) await tx.batches.change(id, { status: 'running', ...cut }, ctx.now);
}

/** Every row has its answer. Safe to retry: a batch that has ended stays as it is. */
export async function completeBatch(
  tx: Tx,
  ctx: Context,
  id: string,
  done: Omit<BatchProgress & { readonly status: 'succeeded' }, 'status'>,
): Promise<void> {
  const batch = await lockOpen(tx, id);
  if (!batch) return;
  await tx.batches.change(id, { status: 'succeeded', ...done }, ctx.now);
  const { model, version, rows } = batch;
  tx.record({
    type: 'batch.succeeded.v1',
    subject: `batch/${id}`,
    data: { batch: id, model, version, rows, badRows: done.badRows },
  });
}

/** Keeps why the batch came to nothing; the first reason stays. */
export async function failBatch(tx: Tx, ctx: Context, id: string, failure: BatchFailure): Promise<void> {
  const batch = await lockOpen(tx, id);
  if (!batch) return;
  await tx.batches.change(id, { status: 'failed', failure }, ctx.now);
  const { model, version } = batch;
  tx.record({ type: 'batch.failed.v1', subject: `batch/${id}`, data: { batch: id, model, version, failure } });
}

async function lockOpen(tx: Tx, id: string): Promise<Batch | undefined> {
  const batch = await tx.batches.lock(id);
  if (!batch) throw new DomainError({ code: 'not_found', what: 'batch', id });
  return hasEnded(batch.status) ? undefined : batch;
}
