import type { Ranking } from './ranking.ts';

export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/** The ROC curve from (0, 0) to (1, 1), thinned to about `points` points; empty when there is one class only. */
export function rocCurve({ labels, ends }: Ranking, points = 200): RocPoint[] {
  let positives = 0;
  for (const label of labels) positives += label;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const curve: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0 }];
  let truePositive = 0;
  let row = 0;
  let told = 0;
  for (const end of ends) {
    for (; row < end; row += 1) truePositive += labels[row] as number;
    if (row - told < labels.length / points && row < labels.length) continue;
    told = row;
    curve.push({ falsePositiveRate: (row - truePositive) / negatives, truePositiveRate: truePositive / positives });
  }
  return curve;
}
