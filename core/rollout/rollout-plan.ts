/** Beyond these a canary is judged to do harm; each is asked together with a test, so that chance alone never rolls back. */
export interface CanaryLimits {
  /** Share of failed calls: how much above the baseline's, or in all when there is no baseline. */
  readonly errorRate: number;
  /** Milliseconds that 95 of 100 calls may take. */
  readonly latencyP95Ms: number;
  /** How many times the baseline's 95th percentile. */
  readonly latencyRatio: number;
  /** Wasserstein distance of the scores in standard deviations of the reference. */
  readonly predictionDrift: number;
}

/** How a canary is to go, as `pipeline.yaml` says it. */
export interface CanarySettings {
  readonly steps: readonly { readonly share: number; readonly bakeMinutes: number }[];
  /** What has to be seen of the new version before it may take the next step. */
  readonly minRows: number;
  readonly minCalls: number;
  /** How long after the bake to wait for that much traffic. */
  readonly patienceMinutes: number;
  readonly limits: CanaryLimits;
}

export const STRATEGIES = ['canary', 'all-at-once'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface RolloutStep {
  /** Of the units, in (0, 1]. */
  readonly share: number;
  readonly bakeSeconds: number;
}

/** What one rollout will do, fully decided. Plain JSON. */
export interface RolloutPlan extends Omit<CanarySettings, 'steps' | 'patienceMinutes'> {
  readonly strategy: Strategy;
  /** Rising shares; the last one is 1. */
  readonly steps: readonly RolloutStep[];
  readonly patienceSeconds: number;
}

export const CANARY_DEFAULTS: CanarySettings = {
  steps: [
    { share: 0.1, bakeMinutes: 15 },
    { share: 0.5, bakeMinutes: 15 },
    { share: 1, bakeMinutes: 15 },
  ],
  minRows: 200,
  minCalls: 20,
  patienceMinutes: 60,
  limits: { errorRate: 0.02, latencyP95Ms: 250, latencyRatio: 1.5, predictionDrift: 0.5 },
};

/** A person has this long to resume what was paused. */
export const LONGEST_PAUSE_SECONDS = 7 * 24 * 3600;

/** Both strategies go one way: all at once is a rollout of one step that is not judged. */
export function rolloutPlan(strategy: Strategy, canary: CanarySettings = CANARY_DEFAULTS): RolloutPlan {
  const { steps, minRows, minCalls, patienceMinutes, limits } = canary;
  return {
    strategy,
    steps:
      strategy === 'all-at-once'
        ? [{ share: 1, bakeSeconds: 0 }]
        : steps.map(({ share, bakeMinutes }) => ({ share, bakeSeconds: Math.ceil(bakeMinutes * 60) })),
    minRows,
    minCalls,
    patienceSeconds: Math.ceil(patienceMinutes * 60),
    limits,
  };
}

/** Start-up, routing and judging of a step, retries included. */
const WORK_SECONDS = 30 * 60;

/** How long whoever waits for the end has to wait at most: every step baked, waited for and paused once. */
export function longestSeconds({ steps, patienceSeconds }: RolloutPlan): number {
  return steps.reduce((sum, { bakeSeconds }) => sum + bakeSeconds + patienceSeconds + WORK_SECONDS, LONGEST_PAUSE_SECONDS);
}
