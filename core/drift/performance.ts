import { measure, rank } from '#core/evaluation/index.ts';

/** How good the predictions of one day (UTC, by event time) were, as far as their labels are known. */
export interface PerformancePoint {
  readonly day: string;
  /** Predictions of the day. */
  readonly rows: number;
  readonly labelled: number;
  /** Share of positive labels; null without a label. */
  readonly rate: number | null;
  readonly meanScore: number | null;
  /** Null unless both classes are there. */
  readonly auc: number | null;
  readonly logLoss: number | null;
}

export interface Measured {
  readonly labelled: number;
  readonly positives: number;
  readonly auc: number | null;
  readonly logLoss: number | null;
}

/** AUC by ranks and log loss of the rows whose label is known. */
export function measureLabelled(labels: ArrayLike<number>, scores: ArrayLike<number>): Measured {
  if (labels.length === 0) return { labelled: 0, positives: 0, auc: null, logLoss: null };
  let positives = 0;
  for (let row = 0; row < labels.length; row += 1) positives += labels[row] as number;
  const { metrics } = measure(rank(labels, scores), 0.5);
  return { labelled: labels.length, positives, auc: metrics.auc, logLoss: metrics.log_loss };
}
