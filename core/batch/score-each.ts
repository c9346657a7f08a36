import type { FeatureIssue } from '#core/kernel/index.ts';
import { type Columns, type Features, packEach, packRows, type Signature } from '#core/serving/index.ts';

/** One answer for each row that was given, in their order. */
export interface ScoredRows {
  /** NaN for a bad row. */
  readonly scores: Float32Array;
  readonly labels: Uint8Array;
  /** 1 for a row that could not be scored. */
  readonly bad: Uint8Array;
  /** At least one for each bad row, in the order of the rows; `row` counts within what was given. */
  readonly issues: readonly FeatureIssue[];
}

/** Scores every row that holds what the model takes, and says of each other row what is wrong with it. */
export async function scoreEach(
  signature: Signature,
  rows: readonly Features[],
  score: (columns: Columns, rows: number) => Promise<Float32Array>,
): Promise<ScoredRows> {
  const { columns, issues } = packEach(signature, rows);
  const bad = new Uint8Array(rows.length);
  for (const { row } of issues) bad[row] = 1;
  const good = rows.filter((_, row) => bad[row] === 0);
  // The model never sees what stands in for a bad row's values: it might answer with no number at all.
  const given = good.length === rows.length ? columns : packRows(signature, good);
  const answers = good.length === 0 ? new Float32Array(0) : await score(given, good.length);
  const scores = new Float32Array(rows.length).fill(Number.NaN);
  const labels = new Uint8Array(rows.length);
  let next = 0;
  for (let row = 0; row < rows.length; row++) {
    if (bad[row] === 1) continue;
    const answer = answers[next++] as number;
    scores[row] = answer;
    labels[row] = answer >= signature.threshold ? 1 : 0;
  }
  return { scores, labels, bad, issues };
}
