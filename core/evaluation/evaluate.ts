import { bootstrap } from './bootstrap.ts';
import { type CalibrationBin, type Confusion, measure } from './classification.ts';
import type { Estimate } from './gates.ts';
import { rank } from './ranking.ts';
import { type RocPoint, rocCurve } from './roc-curve.ts';

export interface EvaluationSettings {
  readonly threshold: number;
  readonly resamples: number;
  readonly confidence: number;
  readonly seed: number;
}

export interface SegmentResult {
  readonly column: string;
  readonly value: string;
  readonly rows: number;
  readonly positives: number;
  readonly auc: number | null;
  readonly logLoss: number;
  readonly ece: number;
}

export interface Evaluated {
  readonly rows: number;
  readonly positives: number;
  readonly metrics: Readonly<Record<string, Estimate>>;
  readonly confusion: Confusion;
  readonly calibration: readonly CalibrationBin[];
  readonly roc: readonly RocPoint[];
}

/** Every metric of one set of scored rows with its interval, and the curves a person wants to see. */
export function evaluate(labels: Uint8Array, scores: ArrayLike<number>, settings: EvaluationSettings): Evaluated {
  const ranking = rank(labels, scores);
  const { metrics, confusion, calibration } = measure(ranking, settings.threshold);
  const intervals = bootstrap(ranking, settings);
  let positives = 0;
  for (const label of labels) positives += label;
  return {
    rows: labels.length,
    positives,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [name, { value, ...intervals[name as keyof typeof metrics] }]),
    ),
    confusion,
    calibration,
    roc: rocCurve(ranking),
  };
}

/** Segments with more values than this tell of their largest only. */
const MAX_VALUES = 20;

/** The rows of each value of one column measured alone, largest first. */
export function evaluateSegment(
  column: string,
  values: readonly string[],
  labels: Uint8Array,
  scores: ArrayLike<number>,
  threshold: number,
): SegmentResult[] {
  const rowsOf = new Map<string, number[]>();
  values.forEach((value, row) => {
    const rows = rowsOf.get(value);
    if (rows) rows.push(row);
    else rowsOf.set(value, [row]);
  });
  return [...rowsOf]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .slice(0, MAX_VALUES)
    .map(([value, rows]) => {
      const ownLabels = Uint8Array.from(rows, (row) => labels[row] as number);
      const { metrics, confusion } = measure(
        rank(
          ownLabels,
          Float64Array.from(rows, (row) => scores[row] as number),
        ),
        threshold,
      );
      const positives = confusion.truePositive + confusion.falseNegative;
      return { column, value, rows: rows.length, positives, auc: metrics.auc, logLoss: metrics.log_loss, ece: metrics.ece };
    });
}
