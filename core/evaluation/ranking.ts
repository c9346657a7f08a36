/** Bins of the calibration curve, of equal width over [0, 1]. */
export const CALIBRATION_BINS = 10;

/** Scores are clipped away from 0 and 1 by this much before a logarithm is taken, as scikit-learn does. */
const CLIP = Number.EPSILON;

/** Rows sorted by falling score, tied rows gathered in groups: what every metric and every resample is computed from in one pass. */
export interface Ranking {
  readonly rows: number;
  /** 0 or 1 per row, by falling score. */
  readonly labels: Uint8Array;
  /** End (exclusive) of each group of tied scores. */
  readonly ends: Uint32Array;
  /** The score of each group. */
  readonly scores: Float64Array;
  /** −ln s of each group: what a positive row in it adds to the log loss. */
  readonly lossIfPositive: Float64Array;
  /** −ln (1 − s). */
  readonly lossIfNegative: Float64Array;
  /** Calibration bin of each group; falls as the groups go on. */
  readonly bins: Uint8Array;
}

/**
 * @param labels 0 or 1, length n ≥ 1
 * @param scores P(positive) in [0, 1], length n
 * @throws {RangeError} the lengths differ, there is no row, a label is not 0 or 1, or a score is outside [0, 1] or NaN
 */
export function rank(labels: ArrayLike<number>, scores: ArrayLike<number>): Ranking {
  const rows = labels.length;
  if (rows === 0 || scores.length !== rows)
    throw new RangeError(`${rows} labels and ${scores.length} scores: both must be the same and at least 1`);
  // One sort of plain numbers: JavaScript's typed-array sort is native, a comparator over row numbers would be ten times slower.
  // The label rides along in the array it belongs to: each class is sorted alone, then the two are merged.
  const positives = sortedScores(labels, scores, 1);
  const negatives = sortedScores(labels, scores, 0);
  if (positives.length + negatives.length !== rows) throw new RangeError('a label is neither 0 nor 1');
  return merge(positives, negatives);
}

function sortedScores(labels: ArrayLike<number>, scores: ArrayLike<number>, label: 0 | 1): Float64Array {
  const found = new Float64Array(labels.length);
  let count = 0;
  for (let i = 0; i < labels.length; i += 1) {
    const score = scores[i] as number;
    if (!(score >= 0 && score <= 1)) throw new RangeError(`the score ${score} of row ${i} is not in [0, 1]`);
    if (labels[i] === label) found[count++] = score;
  }
  return found.subarray(0, count).sort();
}

function merge(positives: Float64Array, negatives: Float64Array): Ranking {
  const rows = positives.length + negatives.length;
  const labels = new Uint8Array(rows);
  const ends = new Uint32Array(rows);
  const scores = new Float64Array(rows);
  let groups = 0;
  let p = positives.length - 1;
  let n = negatives.length - 1;
  for (let row = 0; row < rows; groups += 1) {
    const score = Math.max(p >= 0 ? (positives[p] as number) : -1, n >= 0 ? (negatives[n] as number) : -1);
    for (; p >= 0 && positives[p] === score; p -= 1) labels[row++] = 1;
    for (; n >= 0 && negatives[n] === score; n -= 1) row += 1;
    scores[groups] = score;
    ends[groups] = row;
  }
  const kept = scores.slice(0, groups);
  return {
    rows,
    labels,
    ends: ends.slice(0, groups),
    scores: kept,
    lossIfPositive: kept.map((score) => -Math.log(Math.max(score, CLIP))),
    lossIfNegative: kept.map((score) => -Math.log(Math.max(1 - score, CLIP))),
    bins: Uint8Array.from(kept, (score) => Math.min(CALIBRATION_BINS - 1, Math.floor(score * CALIBRATION_BINS))),
  };
}
