import { trainingFailure } from '#core/pipelines/index.ts';
import { failRetraining } from '#core/retraining/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';
import type { DecideDeps } from './decide.ts';

/** Writes down that the machine ended before anything was decided; a decision that was made stays. */
export function recordFailure({ plane }: Pick<DecideDeps, 'plane'>): Task {
  return async (ctx, event) => {
    const scan = idOf(event, 'scan');
    const { code, reason } = trainingFailure(String(event['error'] ?? 'unknown'), String(event['cause'] ?? ''));
    const sentence = `nothing was decided: ${String(reason)} (${code})`;
    const { id, decision } = await plane.write(ctx, {}, (tx) => failRetraining(tx, ctx, { scan, sentence }));
    return { retraining: id, decision };
  };
}
