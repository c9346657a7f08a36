/** How a version takes over a model's traffic, step by step, judged, and back when it does harm. Start at take-step.ts; judge-canary.ts decides. */
export { scoresOfProfile } from './check-predictions.ts';
export { beginCompletion, beginRollBack, completeRollout, endRollBack } from './end-rollout.ts';
export { judgeCanary } from './judge-canary.ts';
export { demanded, type Order } from './next-order.ts';
export type { Check, Judgement, NewRollout, Rollout, RolloutChange, RolloutReason, Rollouts } from './ports.ts';
export { recordJudgement } from './record-judgement.ts';
export {
  CANARY_DEFAULTS,
  type CanarySettings,
  longestSeconds,
  type RolloutPlan,
  rolloutPlan,
  STRATEGIES,
  type Strategy,
} from './rollout-plan.ts';
export { isOver, ROLLOUT_STATUSES, type RolloutStatus } from './rollout-status.ts';
export { abandonRollout, abortRollout, awaitSignal, pauseRollout, resumeRollout } from './signal-rollout.ts';
export { rollOutExecution, startRollout } from './start-rollout.ts';
export { beginRollout, beginShare, reachShare, stepOf } from './take-step.ts';
