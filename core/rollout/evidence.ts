import type { CallRecord } from '#core/serving/index.ts';
import type { CanaryLimits } from './rollout-plan.ts';

export type JudgedCall = Pick<CallRecord, 'rows' | 'durationMs' | 'outcome' | 'scores'>;

/** All that a judgement rests on. */
export interface Evidence {
  /** Of the new version, since its share is what it is. */
  readonly calls: readonly JudgedCall[];
  /** Of the version it is to replace: of the same time, or of the steps before when no share is left for it. */
  readonly baselineCalls: readonly JudgedCall[];
  /** What the new version answered in training: a sample of its profile's predictions; empty when it has none. */
  readonly referenceScores: Float64Array;
  readonly limits: CanaryLimits;
  readonly minRows: number;
  readonly minCalls: number;
  readonly since: Date;
  readonly bakeSeconds: number;
  readonly patienceSeconds: number;
  readonly now: Date;
}

/** Below this a difference is taken for real. Small, because a rollout is looked at many times. */
export const ALPHA = 0.001;

/** Ranks say nothing of less. */
export const FEWEST_CALLS = 10;

/**
 * Whether the old version was seen too little to be compared with, and more of it is to come: until the bake is over it is waited for,
 * because a limit alone would blame the new version for what both of them do.
 */
export function awaitsBaseline(seen: number, fewest: number, { baselineCalls, since, bakeSeconds, now }: Evidence): boolean {
  return baselineCalls.length > 0 && seen < fewest && now.getTime() - since.getTime() < bakeSeconds * 1000;
}

export function okCalls(calls: readonly JudgedCall[]): readonly JudgedCall[] {
  return calls.filter(({ outcome }) => outcome === 'ok');
}

export function rowsOf(calls: readonly JudgedCall[]): number {
  return calls.reduce((sum, { rows }) => sum + rows, 0);
}

/** Four digits, as much as a sentence needs. */
export function say(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export function sayPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

export function sayP(p: number): string {
  return p < 1e-4 ? 'p < 0.0001' : `p = ${Number(p.toPrecision(2))}`;
}
