import type { Batch } from '#core/batch/index.ts';
import { failBatch } from '#core/batch/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task, TaskEvent } from '#functions/_steps/serve-task.ts';
import type { BatchStepDeps } from './deps.ts';

export type BatchTask = (ctx: Context, batch: Batch, event: TaskEvent) => Promise<object>;

/**
 * A task about one batch of its tenant. A refusal is written down here with all of its facts, of which the machine would only hear
 * the name and a sentence.
 */
export function batchTask({ plane }: Pick<BatchStepDeps, 'plane'>, at: string, task: BatchTask): Task {
  return async (ctx, event) => {
    const id = idOf(event, 'batch');
    const batch = await plane.read(ctx, (tx) => tx.batches.find(id));
    if (!batch) throw new DomainError({ code: 'not_found', what: 'batch', id });
    try {
      return await task(ctx, batch, event);
    } catch (error) {
      if (error instanceof DomainError) await plane.write(ctx, {}, (tx) => failBatch(tx, ctx, id, { ...error.failure, at }));
      throw error;
    }
  };
}
