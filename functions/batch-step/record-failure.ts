import { failBatch } from '#core/batch/index.ts';
import { trainingFailure } from '#core/pipelines/index.ts';
import type { BatchTask } from './batch-task.ts';
import type { BatchStepDeps } from './deps.ts';

/** Writes down why the machine stopped, unless the step that refused has said so itself. */
export function recordFailure({ plane }: Pick<BatchStepDeps, 'plane'>): BatchTask {
  return async (ctx, batch, event) => {
    const said = (field: string) => (typeof event[field] === 'string' ? event[field] : '');
    const at = said('at');
    const failure = { ...trainingFailure(said('error'), said('cause')), ...(at === '' ? {} : { at }) };
    await plane.write(ctx, {}, (tx) => failBatch(tx, ctx, batch.id, failure));
    return { status: 'failed' };
  };
}
