import { type HealthStatus, judgeHealth } from './health.ts';
import { type Percentiles, percentiles } from './latency.ts';
import type { VersionCalls, WatchedModel } from './ports.ts';

/** Latency is told of at most this many of a version's newest calls; everything else is of all calls. */
export const LATENCY_SAMPLE = 2000;

export interface VersionHealth {
  readonly version: number;
  readonly share: number;
  readonly calls: number;
  readonly rows: number;
  readonly errors: number;
  /** Null without calls. */
  readonly errorRate: number | null;
  /** Of the newest calls that were answered, and of how many of them; null when none was. */
  readonly latencyMs: (Percentiles & { readonly calls: number }) | null;
  readonly rowsPerMinute: number;
  readonly lastCallAt: Date | null;
}

export interface ModelHealth {
  readonly status: HealthStatus;
  readonly reasons: readonly string[];
  /** Those that serve or were called in the window, oldest version first. */
  readonly versions: readonly VersionHealth[];
}

export interface Traffic {
  readonly calls: readonly VersionCalls[];
  /** By version id: how long its newest answered calls took. */
  readonly durations: ReadonlyMap<string, readonly number[]>;
  readonly minutes: number;
}

/** A model's health from its rows and from the calls of the last minutes. */
export function modelHealth(model: WatchedModel, { calls, durations, minutes }: Traffic, now: Date): ModelHealth {
  const silent = model.arms.filter(({ versionId }) => !calls.some((called) => called.versionId === versionId));
  const versions = [
    ...calls.map((called): VersionHealth => {
      const took = durations.get(called.versionId) ?? [];
      const latency = percentiles(took);
      return {
        version: called.version,
        share: model.arms.find(({ versionId }) => versionId === called.versionId)?.share ?? 0,
        calls: called.calls,
        rows: called.rows,
        errors: called.errors,
        errorRate: called.calls === 0 ? null : called.errors / called.calls,
        latencyMs: latency ? { ...latency, calls: took.length } : null,
        rowsPerMinute: called.rows / minutes,
        lastCallAt: called.lastCallAt,
      };
    }),
    ...silent.map(
      ({ version, share }): VersionHealth => ({
        version,
        share,
        calls: 0,
        rows: 0,
        errors: 0,
        errorRate: null,
        latencyMs: null,
        rowsPerMinute: 0,
        lastCallAt: null,
      }),
    ),
  ].sort((one, other) => one.version - other.version);
  return { ...judgeHealth({ model, versions, minutes, now }), versions };
}
