import { checkErrors } from './check-errors.ts';
import { checkLatency } from './check-latency.ts';
import { checkPredictions } from './check-predictions.ts';
import { checkTraffic } from './check-traffic.ts';
import type { Evidence } from './evidence.ts';
import type { Check, RolloutReason, Verdict } from './ports.ts';

export interface CanaryJudgement {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  /** Of `roll_back`. */
  readonly reason: RolloutReason | null;
  /** When to look again; of `wait`. */
  readonly waitSeconds: number;
}

/**
 * Whether a version may take the next step. Harm that is sure rolls back at once, also before the bake is over; a bake that is not
 * over, or that has shown too little, waits; who has shown too little for longer than the patience lasts goes back.
 * A check calls harm only what passes a test at p < 0.001 and also goes beyond its limit: a test alone would find differences
 * that mean nothing in much traffic, a limit alone would find chance in little.
 */
export function judgeCanary(evidence: Evidence): CanaryJudgement {
  const { bakeSeconds, since, now } = evidence;
  const elapsedSeconds = (now.getTime() - since.getTime()) / 1000;
  const checks = [checkErrors(evidence), checkLatency(evidence), checkPredictions(evidence), checkTraffic(evidence, elapsedSeconds)];
  const harm = checks.find(({ verdict }) => verdict === 'roll_back');
  if (harm) {
    const code = harm.check === 'traffic' ? 'insufficient_traffic' : harm.check;
    return { verdict: 'roll_back', checks, reason: { code, sentence: harm.sentence }, waitSeconds: 0 };
  }
  const waits = elapsedSeconds < bakeSeconds || checks.some(({ verdict }) => verdict === 'wait');
  return {
    verdict: waits ? 'wait' : 'advance',
    checks,
    reason: null,
    waitSeconds: waits ? secondsToNextLook(bakeSeconds, elapsedSeconds) : 0,
  };
}

const SHORTEST_LOOK = 30;
const LONGEST_LOOK = 60;

/**
 * A bake is looked at about ten times, so that harm does not last as long as it does; what has baked and has shown too little is looked
 * at in growing distances.
 */
export function secondsToNextLook(bakeSeconds: number, elapsedSeconds: number): number {
  const left = bakeSeconds - elapsedSeconds;
  if (left > 0) return Math.max(1, Math.ceil(Math.min(left, Math.max(SHORTEST_LOOK, bakeSeconds / 10))));
  return Math.min(LONGEST_LOOK, Math.max(2, Math.ceil(-left / 2)));
}
