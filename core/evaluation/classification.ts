import { CALIBRATION_BINS, type Ranking } from './ranking.ts';

export interface CalibrationBin {
  readonly count: number;
  readonly meanScore: number | null;
  readonly positiveRate: number | null;
}

export interface Classification {
  /** Area under the ROC curve; null when the rows hold one class only. */
  readonly auc: number | null;
  readonly average_precision: number | null;
  readonly log_loss: number;
  readonly brier: number;
  readonly ece: number;
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly accuracy: number;
}

export interface Confusion {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
}

export interface Measured {
  readonly metrics: Classification;
  readonly confusion: Confusion;
  readonly calibration: readonly CalibrationBin[];
}

/**
 * Metrics of a binary classifier in one pass over ranked rows, each row counted with a weight:
 *
 * - AUC: Σ over negatives of the positives above it (ties one half) / (n₁ · n₀), the Mann–Whitney U statistic
 * - average precision: Σₖ (Rₖ − Rₖ₋₁) · Pₖ over falling distinct scores
 * - log loss: mean −ln P(true class), nats, scores clipped by 2⁻⁵²; Brier: mean (s − y)²
 * - ECE: Σ over 10 equal-width bins of count/n · |mean score − positive rate|, bin = min(9, ⌊10 s⌋)
 * - precision, recall, F1 (0 where undefined) and accuracy, a row being called positive when s ≥ threshold
 *
 * @param weightAt weight of the row at a position of the ranking, ≥ 0; called once per row in order; 1 unless given
 * @throws {RangeError} the weights have no mass
 * @see Hanley & McNeil (1982) for AUC = U / (n₁ n₀); Naeini et al. (2015) for ECE
 * @example measure(rank([0, 1], [0.2, 0.9]), 0.5).metrics.auc // 1
 */
export function measure(ranking: Ranking, threshold: number, weightAt: (position: number) => number = one): Measured {
  const { labels, ends, scores, lossIfPositive, lossIfNegative, bins } = ranking;
  const binMass = new Float64Array(CALIBRATION_BINS);
  const binScore = new Float64Array(CALIBRATION_BINS);
  const binPositive = new Float64Array(CALIBRATION_BINS);
  let positives = 0;
  let negatives = 0;
  let pairs = 0;
  let precisionSum = 0;
  let loss = 0;
  let squares = 0;
  let truePositive = 0;
  let falsePositive = 0;
  let row = 0;
  for (let group = 0; group < ends.length; group += 1) {
    const end = ends[group] as number;
    let p = 0;
    let n = 0;
    for (; row < end; row += 1) {
      const weight = weightAt(row);
      if (labels[row] === 1) p += weight;
      else n += weight;
    }
    const mass = p + n;
    if (mass === 0) continue;
    pairs += n * (positives + p / 2);
    positives += p;
    negatives += n;
    if (p > 0) precisionSum += (p * positives) / (positives + negatives);
    const score = scores[group] as number;
    loss += p * (lossIfPositive[group] as number) + n * (lossIfNegative[group] as number);
    squares += p * (1 - score) * (1 - score) + n * score * score;
    const bin = bins[group] as number;
    binMass[bin] = (binMass[bin] as number) + mass;
    binScore[bin] = (binScore[bin] as number) + mass * score;
    binPositive[bin] = (binPositive[bin] as number) + p;
    if (score >= threshold) {
      truePositive = positives;
      falsePositive = negatives;
    }
  }
  const total = positives + negatives;
  if (!(total > 0)) throw new RangeError('the weights of the rows add up to nothing');
  const bothClasses = positives > 0 && negatives > 0;
  const precision = ratio(truePositive, truePositive + falsePositive);
  const recall = ratio(truePositive, positives);
  let ece = 0;
  for (let bin = 0; bin < CALIBRATION_BINS; bin += 1) ece += Math.abs((binScore[bin] as number) - (binPositive[bin] as number)) / total;
  return {
    metrics: {
      auc: bothClasses ? pairs / (positives * negatives) : null,
      average_precision: positives > 0 ? precisionSum / positives : null,
      log_loss: loss / total,
      brier: squares / total,
      ece,
      f1: ratio(2 * precision * recall, precision + recall),
      precision,
      recall,
      accuracy: (truePositive + negatives - falsePositive) / total,
    },
    confusion: {
      truePositive,
      falsePositive,
      falseNegative: positives - truePositive,
      trueNegative: negatives - falsePositive,
    },
    calibration: Array.from(binMass, (count, bin) => ({
      count,
      meanScore: count > 0 ? (binScore[bin] as number) / count : null,
      positiveRate: count > 0 ? (binPositive[bin] as number) / count : null,
    })),
  };
}

function one(): number {
  return 1;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
