import type { RolloutPlan } from './rollout-plan.ts';
import type { RolloutStatus } from './rollout-status.ts';

/** Why a rollout did not go on: a code, one sentence, and what else is known. */
export interface RolloutReason {
  readonly code: string;
  readonly sentence: string;
  readonly [fact: string]: unknown;
}

/** One version on its way to all of a model's traffic. */
export interface Rollout {
  readonly id: string;
  readonly modelId: string;
  readonly model: string;
  readonly versionId: string;
  readonly version: number;
  /** What serves the other units meanwhile; null when the model has never been live. */
  readonly baselineVersionId: string | null;
  readonly baselineVersion: number | null;
  readonly executionId: string | null;
  readonly alias: string;
  readonly plan: RolloutPlan;
  /** Of the policy that let it begin. */
  readonly policyVersion: number;
  readonly status: RolloutStatus;
  /** Index into the plan's steps. */
  readonly step: number;
  /** Since when the step's share is served and baked; null before. */
  readonly stepSince: Date | null;
  /** Of its end; while it is still open, the order to end it. */
  readonly reason: RolloutReason | null;
  readonly revision: number;
  readonly createdBy: string;
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** With the tokens of those who wait: the machine that bakes or is paused, and the execution that wants to know the end. */
export interface LockedRollout extends Rollout {
  readonly taskToken: string | null;
  readonly waitingToken: string | null;
}

export type NewRollout = Pick<
  Rollout,
  'modelId' | 'versionId' | 'baselineVersionId' | 'executionId' | 'alias' | 'plan' | 'policyVersion'
> & {
  readonly waitingToken?: string | undefined;
  readonly traceparent?: string | undefined;
};

export interface RolloutChange {
  readonly status?: RolloutStatus;
  readonly step?: number;
  readonly stepSince?: Date | null;
  readonly reason?: RolloutReason;
  readonly taskToken?: string | null;
  readonly waitingToken?: string | null;
}

export type Verdict = 'advance' | 'wait' | 'roll_back';

/** One thing that was looked at, with its method: what was compared, how many, what came out, and what it was held against. */
export interface Check {
  readonly check: 'traffic' | 'errors' | 'latency' | 'prediction_drift';
  readonly verdict: 'passed' | 'wait' | 'roll_back';
  readonly method: string;
  readonly n: { readonly canary: number; readonly reference: number | null };
  readonly observed: Readonly<Record<string, number>>;
  /** The effect's limit; it counts only together with `p` below 0.001. */
  readonly threshold: Readonly<Record<string, number>>;
  readonly statistic: number | null;
  readonly p: number | null;
  readonly sentence: string;
}

export interface Judgement {
  /** Counts from 1 within the rollout. */
  readonly number: number;
  readonly step: number;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly decidedAt: Date;
}

export interface Rollouts {
  /** @throws {DomainError} `rollout_running`, naming the one at work: a model has at most one that has not ended. The caller holds the model's lock. */
  add(rollout: NewRollout, createdBy: string, now: Date): Promise<Rollout>;
  find(id: string): Promise<Rollout | undefined>;
  /** The same with its row locked until the transaction ends. Who also needs the model's lock takes that one first. */
  lock(id: string): Promise<LockedRollout | undefined>;
  ofExecution(execution: string): Promise<Rollout | undefined>;
  /** Whether an order for its machine waits to be carried out. */
  isOrdered(id: string): Promise<boolean>;
  /** The one of the model that has not ended. */
  running(modelId: string): Promise<Rollout | undefined>;
  /** Newest first; `before` is the last one seen. */
  list(
    model: string,
    page: { readonly limit: number; readonly before?: { readonly createdAt: Date; readonly id: string } | undefined },
  ): Promise<readonly Rollout[]>;
  /** Gives it the next revision, and the times of its begin and end. The caller holds its lock. */
  change(id: string, change: RolloutChange, now: Date): Promise<Rollout>;
  /** Takes the next number. The caller holds the rollout's lock. */
  addJudgement(id: string, judgement: Omit<Judgement, 'number'>): Promise<Judgement>;
  /** In the order in which they fell. */
  judgements(id: string): Promise<readonly Judgement[]>;
  /** The one that fell last, by the rollout's id; none for a rollout that was not judged yet. */
  lastJudgements(ids: readonly string[]): Promise<ReadonlyMap<string, Judgement>>;
}
