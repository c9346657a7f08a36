import { awaitSignal, beginRollout } from '#core/rollout/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';
import type { RolloutStepDeps } from './deps.ts';
import { complete, rollBack } from './end.ts';
import { judge } from './judge.ts';
import { share } from './share.ts';

/** Every step of the rollout machine. */
export function rolloutTasks(deps: RolloutStepDeps): Readonly<Record<string, Task>> {
  return {
    begin: (ctx, event) => deps.plane.write(ctx, {}, (tx) => beginRollout(tx, ctx, idOf(event, 'rollout'))),
    share: share(deps),
    bake: waits(deps, 'bake'),
    pause: waits(deps, 'pause'),
    judge: judge(deps),
    complete: complete(deps),
    'roll-back': rollBack(deps),
  };
}

/** Leaves the machine waiting: for its time to pass, or for what a person says. */
function waits({ plane }: RolloutStepDeps, during: 'bake' | 'pause'): Task {
  return async (ctx, event) => {
    const { token } = event;
    if (typeof token !== 'string' || token === '') throw new TypeError('the step event carries no task token');
    await plane.write(ctx, {}, (tx) => awaitSignal(tx, ctx, { rollout: idOf(event, 'rollout'), token, during }));
    return {};
  };
}
