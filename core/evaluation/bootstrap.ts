import { type Classification, measure } from './classification.ts';
import { poisson1, sfc32 } from './random.ts';
import type { Ranking } from './ranking.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapSettings {
  readonly threshold: number;
  readonly resamples: number;
  /** Two-sided level, e.g. 0.95. */
  readonly confidence: number;
  readonly seed: number;
}

/**
 * Percentile bootstrap intervals of every metric: each resample counts each row a Poisson(1) number of times, which for many rows
 * is drawing n rows with replacement, in O(n) without sorting again. Resamples that lose a class say nothing of AUC and are left
 * out of its interval; a metric that no resample could tell has no interval.
 *
 * @see Efron & Tibshirani (1993) §13.3; Chamandy et al. (2012) for the Poisson bootstrap
 * @example bootstrap(ranking, { threshold: 0.5, resamples: 200, confidence: 0.95, seed: 7 }).auc // { low: 0.70, high: 0.72 }
 */
export function bootstrap(
  ranking: Ranking,
  { threshold, resamples, confidence, seed }: BootstrapSettings,
): Readonly<Partial<Record<keyof Classification, Interval>>> {
  const next = sfc32(seed);
  const weight = () => poisson1(next());
  const drawn: Partial<Record<keyof Classification, number[]>> = {};
  for (let resample = 0; resample < resamples; resample += 1) {
    const metrics = resampled(ranking, threshold, weight);
    if (!metrics) continue;
    for (const [name, value] of Object.entries(metrics) as [keyof Classification, number | null][]) {
      if (value === null) continue;
      drawn[name] ??= [];
      drawn[name].push(value);
    }
  }
  const tail = (1 - confidence) / 2;
  return Object.fromEntries(
    Object.entries(drawn).map(([name, values]) => {
      const sorted = Float64Array.from(values).sort();
      return [name, { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) }];
    }),
  );
}

/** A handful of rows can be drawn zero times each; such a resample has nothing to measure. */
function resampled(ranking: Ranking, threshold: number, weight: () => number): Classification | undefined {
  if (ranking.rows > 1000) return measure(ranking, threshold, weight).metrics;
  const weights = Array.from({ length: ranking.rows }, weight);
  return weights.some((drawn) => drawn > 0) ? measure(ranking, threshold, (row) => weights[row] as number).metrics : undefined;
}

/**
 * The q-quantile of sorted values by linear interpolation (type 7 of Hyndman & Fan, numpy's default).
 * @param sorted rising, length ≥ 1
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}
