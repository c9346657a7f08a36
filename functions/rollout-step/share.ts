import { beginShare, reachShare } from '#core/rollout/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';
import type { RolloutStepDeps } from './deps.ts';

/**
 * Gives the versions their shares: Postgres says that they are to serve so, the routing table that predictions read gets its entry,
 * then Postgres says that the step is reached. A retry after a crash anywhere in between repeats what was done.
 */
export function share({ plane, routing }: RolloutStepDeps): Task {
  return async (ctx, event) => {
    const id = idOf(event, 'rollout');
    const begun = await plane.write(ctx, {}, (tx) => beginShare(tx, ctx, id));
    if ('order' in begun) return begun.order;
    await routing.write(begun.entry);
    return plane.write(ctx, {}, (tx) => reachShare(tx, ctx, id, begun.at));
  };
}
