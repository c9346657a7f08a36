import type { RowMetric } from '#core/pipelines/index.ts';
import { type BootstrapSettings, quantile } from './bootstrap.ts';
import { type Classification, measure } from './classification.ts';
import { poisson1, sfc32 } from './random.ts';
import { rank } from './ranking.ts';

/** One model's scores of the rows, and from which score on it calls a row positive. */
export interface ScoredBy {
  readonly scores: ArrayLike<number>;
  readonly threshold: number;
}

/** Challenger minus champion, in the metric's own unit and direction: above 0 is good for `auc` and bad for `log_loss`. */
export interface PairedDifference {
  readonly challenger: number | null;
  readonly champion: number | null;
  readonly difference: number | null;
  readonly low?: number;
  readonly high?: number;
}

/**
 * How much two models differ on the same rows, with percentile bootstrap intervals of the differences. Each resample counts each row
 * a Poisson(1) number of times, the same number for both models: what a row does to both of them cancels, so the interval is that of
 * the difference and mostly much narrower than the two intervals of the values would suggest. A resample that loses a class says
 * nothing of AUC and is left out of its interval.
 *
 * O(resamples · n): each model's rows are ranked once, and weights reach the ranking through the order of its rows.
 *
 * @param labels 0 or 1, length n ≥ 1
 * @throws {RangeError} lengths differ, a label is not 0 or 1, or a score is outside [0, 1] or NaN
 * @see Efron & Tibshirani (1993) §13.3 and §8.5 for paired data; Chamandy et al. (2012) for the Poisson bootstrap
 * @example pairedBootstrap(labels, challenger, champion, settings).auc // { challenger: 0.69, champion: 0.67, difference: 0.02, low: 0.012, high: 0.028 }
 */
export function pairedBootstrap(
  labels: ArrayLike<number>,
  challenger: ScoredBy,
  champion: ScoredBy,
  { resamples, confidence, seed }: Omit<BootstrapSettings, 'threshold'>,
): Readonly<Record<RowMetric, PairedDifference>> {
  const rows = labels.length;
  const one = prepared(labels, challenger);
  const other = prepared(labels, champion);
  const next = sfc32(seed);
  const weights = new Uint8Array(rows);
  let order = one.order;
  const weightAt = (position: number) => weights[order[position] as number] as number;
  const measured = (model: Prepared): Classification => {
    order = model.order;
    return measure(model.ranking, model.threshold, weightAt).metrics;
  };
  const drawn = new Map<RowMetric, number[]>();
  for (let resample = 0; resample < resamples; resample += 1) {
    let mass = 0;
    for (let row = 0; row < rows; row += 1) mass += weights[row] = poisson1(next());
    // A handful of rows can be drawn zero times each; such a resample has nothing to measure.
    if (mass === 0) continue;
    const [a, b] = [measured(one), measured(other)];
    for (const metric of Object.keys(a) as RowMetric[]) {
      const difference = minus(a[metric], b[metric]);
      if (difference === null) continue;
      const seen = drawn.get(metric);
      if (seen) seen.push(difference);
      else drawn.set(metric, [difference]);
    }
  }
  const values = [measure(one.ranking, one.threshold).metrics, measure(other.ranking, other.threshold).metrics] as const;
  const tail = (1 - confidence) / 2;
  return Object.fromEntries(
    (Object.keys(values[0]) as RowMetric[]).map((metric): [RowMetric, PairedDifference] => {
      const [a, b] = [values[0][metric], values[1][metric]];
      const sorted = Float64Array.from(drawn.get(metric) ?? []).sort();
      const interval = sorted.length > 0 ? { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) } : {};
      return [metric, { challenger: a, champion: b, difference: minus(a, b), ...interval }];
    }),
  ) as Record<RowMetric, PairedDifference>;
}

interface Prepared {
  readonly ranking: ReturnType<typeof rank>;
  /** The row at each position of the ranking. */
  readonly order: Uint32Array;
  readonly threshold: number;
}

function prepared(labels: ArrayLike<number>, { scores, threshold }: ScoredBy): Prepared {
  const ranking = rank(labels, scores);
  const order = Uint32Array.from({ length: labels.length }, (_, row) => row);
  // As the ranking has them: by falling score, the positive rows of a tie first.
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || (labels[b] as number) - (labels[a] as number));
  return { ranking, order, threshold };
}

function minus(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one - other;
}
