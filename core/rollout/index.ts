/** How a version takes over a model's traffic, step by step, judged, and back when it does harm. Start at rollout-plan.ts. */
export type { Check, Judgement, LockedRollout, NewRollout, Rollout, RolloutChange, RolloutReason, Rollouts, Verdict } from './ports.ts';
export { CANARY_DEFAULTS, type CanarySettings, longestSeconds, type RolloutPlan, rolloutPlan, STRATEGIES, type Strategy } from './rollout-plan.ts';
export { isOver, ROLLOUT_STATUSES, type RolloutStatus } from './rollout-status.ts';
