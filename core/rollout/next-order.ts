import type { Rollout } from './ports.ts';
import { LONGEST_PAUSE_SECONDS } from './rollout-plan.ts';
import { isOver } from './rollout-status.ts';

/** What the machine is to do next. `at` is the step that it is about. */
export interface Order {
  readonly next: 'share' | 'bake' | 'pause' | 'complete' | 'roll_back' | 'end';
  readonly at: number;
  /** How long to wait at most, of `bake` and `pause`; 1 otherwise, because the machine reads it everywhere. */
  readonly seconds: number;
}

export function order(next: Order['next'], { step: at }: Pick<Rollout, 'step'>, seconds = 1): Order {
  return { next, at, seconds };
}

/** What a person or an end demands, whatever the machine was about to do; undefined when it may go on. */
export function demanded(rollout: Rollout): Order | undefined {
  if (isOver(rollout.status)) return order('end', rollout);
  if (rollout.reason) return order('roll_back', rollout);
  if (rollout.status === 'paused') return order('pause', rollout, LONGEST_PAUSE_SECONDS);
  return undefined;
}
