import type { Scan } from '#core/monitoring/index.ts';
import type { RolloutStatus } from '#core/rollout/index.ts';

/** What one version did within a window, as its logged calls tell. */
export interface VersionCalls {
  readonly modelId: string;
  readonly versionId: string;
  readonly version: number;
  readonly calls: number;
  readonly errors: number;
  /** Of the calls that were answered. */
  readonly rows: number;
  /** Sum over the calls that were answered. */
  readonly answeredMs: number;
  /** How many calls were answered within each of `LATENCY_BOUNDS_MS`; cumulative. */
  readonly answeredWithin: readonly number[];
  readonly lastCallAt: Date;
}

export interface CallFigures {
  /** By version; from inclusive, to exclusive, by when a call was received. Exact: every logged call counts once. */
  of(
    tenant: string,
    window: { readonly modelIds: readonly string[]; readonly from: Date; readonly to: Date },
  ): Promise<readonly VersionCalls[]>;
  /** How long the newest answered calls of a version took, at most `limit` of them. */
  newestDurations(
    tenant: string,
    window: { readonly versionId: string; readonly from: Date; readonly to: Date; readonly limit: number },
  ): Promise<readonly number[]>;
}

export interface WatchedRollout {
  readonly id: string;
  readonly version: number;
  /** Of the units that the version is meant to serve now; 0 once the rollout ended otherwise than well. */
  readonly share: number;
  readonly status: RolloutStatus;
  readonly reason: Readonly<Record<string, unknown>> | null;
  readonly endedAt: Date | null;
}

export interface ColumnEffect {
  readonly column: string;
  readonly verdict: string;
  readonly value: number | null;
  readonly threshold: number | null;
}

/** The scan of a monitor's latest window. */
export interface WatchedScan {
  readonly id: string;
  readonly monitor: string;
  readonly version: number | null;
  readonly status: Scan['status'];
  readonly verdict: Scan['verdict'];
  readonly windowStart: Date;
  readonly windowEnd: Date;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly effects: readonly ColumnEffect[];
}

export interface WatchedMonitor {
  readonly name: string;
  readonly state: 'active' | 'paused';
  readonly settings: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  /** Null before its first scan. */
  readonly scan: WatchedScan | null;
}

export interface WatchedRetraining {
  readonly id: string;
  readonly monitor: string;
  readonly scan: string;
  readonly cause: string;
  readonly decision: 'start' | 'refuse';
  readonly reason: string;
  readonly execution: string | null;
  readonly decidedAt: Date;
}

/** A model as somebody who is on duty looks at it. */
export interface WatchedModel {
  readonly id: string;
  readonly name: string;
  readonly liveVersion: number | null;
  readonly aliases: Readonly<Record<string, number>>;
  /** Who is meant to serve which share of the units. */
  readonly arms: readonly { readonly version: number; readonly versionId: string; readonly share: number }[];
  /** The newest one, whether it is at work or has ended. */
  readonly rollout: WatchedRollout | null;
  readonly monitors: readonly WatchedMonitor[];
  readonly retraining: WatchedRetraining | null;
}

/** What a tenant has decided so far; rows that are never deleted, so the numbers only grow. */
export interface DecisionCounts {
  readonly retrainings: readonly { readonly model: string; readonly decision: string; readonly reason: string; readonly count: number }[];
  readonly rollouts: readonly { readonly model: string; readonly status: string; readonly count: number }[];
  readonly scans: readonly { readonly model: string; readonly monitor: string; readonly verdict: string; readonly count: number }[];
  readonly approvalsWaiting: { readonly count: number; readonly oldestSince: Date | null };
}

export interface Watch {
  model(name: string): Promise<WatchedModel | undefined>;
  /** Every model that has a version, by name, at most `limit`. */
  models(limit: number): Promise<readonly WatchedModel[]>;
  decisions(): Promise<DecisionCounts>;
}
