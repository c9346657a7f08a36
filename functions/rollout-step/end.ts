import { beginCompletion, beginRollBack, completeRollout, endRollBack } from '#core/rollout/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';
import type { RolloutStepDeps } from './deps.ts';

/** The new version serves alone: in the routing table first, then Postgres calls it live. Safe to retry at every point. */
export function complete({ plane, routing }: RolloutStepDeps): Task {
  return async (ctx, event) => {
    const id = idOf(event, 'rollout');
    const begun = await plane.write(ctx, {}, (tx) => beginCompletion(tx, ctx, id));
    if ('order' in begun) return begun.order;
    if (begun.entry) await routing.write(begun.entry);
    return plane.write(ctx, {}, (tx) => completeRollout(tx, ctx, id));
  };
}

/** The old version serves alone again: in the routing table first, then Postgres says so. Safe to retry at every point. */
export function rollBack({ plane, routing }: RolloutStepDeps): Task {
  return async (ctx, event) => {
    const id = idOf(event, 'rollout');
    const { error, cause } = event;
    const late = error === 'paused_too_long';
    const broke = late
      ? { code: 'paused_too_long', sentence: 'Nobody resumed the paused rollout in time.' }
      : { code: 'machine_failed', sentence: `The rollout itself broke: ${String(error ?? 'it ended from outside')}.`, error, cause };
    const entry = await plane.write(ctx, {}, (tx) => beginRollBack(tx, ctx, id, broke));
    if (entry) await routing.write(entry);
    return plane.write(ctx, {}, (tx) => endRollBack(tx, ctx, id));
  };
}
