import { chiSquaredTail, normalTail } from './probability.ts';

/** Share that an empty cell is given before a logarithm is taken. */
const FLOOR = 1e-4;

/** A cell expected to hold fewer rows than this is too thin for the χ² distribution to be trusted. */
const LEAST_EXPECTED = 5;

/** Counts of the reference and of the window over the same cells. */
export interface Cells {
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

/**
 * Population stability index: Σᵢ (pᵢ − qᵢ) · ln(pᵢ / qᵢ), shares below 10⁻⁴ raised to it and renormalised. Nats.
 *
 * @example psi({ reference: [50, 50], current: [75, 25] }) // 0.2747
 */
export function psi({ reference, current }: Cells): number {
  const p = floored(reference);
  const q = floored(current);
  return p.reduce((sum, share, at) => sum + (share - (q[at] as number)) * Math.log(share / (q[at] as number)), 0);
}

/**
 * Jensen–Shannon distance √(½ KL(p‖m) + ½ KL(q‖m)), m = (p + q) / 2, natural logarithm: 0 (alike) to √ln 2 = 0.8326.
 *
 * Two samples of one distribution never look quite alike: with k occupied cells the divergence is about
 * (k − 1)/8 · (1/n + 1/m) on the average, which at 2,000 rows and 200 airports is a distance of 0.16. `corrected` takes it off
 * before the root, so that few rows are not mistaken for a large effect; `raw` is the distance as scipy gives it.
 */
export function jensenShannon({ reference, current }: Cells): { readonly raw: number; readonly corrected: number } {
  const n = sum(reference);
  const m = sum(current);
  let divergence = 0;
  let occupied = 0;
  reference.forEach((count, at) => {
    const p = count / n;
    const q = (current[at] as number) / m;
    const middle = (p + q) / 2;
    if (middle > 0) occupied += 1;
    if (p > 0) divergence += (p * Math.log(p / middle)) / 2;
    if (q > 0) divergence += (q * Math.log(q / middle)) / 2;
  });
  const chance = ((occupied - 1) / 8) * (1 / n + 1 / m);
  return { raw: Math.sqrt(Math.max(0, divergence)), corrected: Math.sqrt(Math.max(0, divergence - chance)) };
}

/**
 * Pearson's χ² test of homogeneity of two rows of counts, and Cramér's V = √(χ² / (n + m)).
 *
 * Cells of which either side expects fewer than five rows are put together; if what they make up together is still too thin,
 * it joins the smallest cell left. One cell only: nothing differs, p = 1.
 */
export function chiSquared(cells: Cells): {
  readonly statistic: number;
  readonly p: number;
  readonly cramersV: number;
  readonly cells: number;
} {
  const n = sum(cells.reference);
  const m = sum(cells.current);
  const { reference, current } = withoutThinCells(cells, LEAST_EXPECTED / (Math.min(n, m) / (n + m)));
  let statistic = 0;
  reference.forEach((count, at) => {
    const total = count + (current[at] as number);
    const expected = (total * n) / (n + m);
    statistic += (count - expected) ** 2 * (1 / expected + 1 / (total - expected));
  });
  const p = reference.length > 1 ? chiSquaredTail(statistic, reference.length - 1) : 1;
  return { statistic, p, cramersV: Math.sqrt(statistic / (n + m)), cells: reference.length };
}

/** @param least rows of both sides together that a cell needs */
function withoutThinCells({ reference, current }: Cells, least: number): Cells {
  const kept: [number, number][] = [];
  let thin: [number, number] = [0, 0];
  reference.forEach((count, at) => {
    const other = current[at] as number;
    if (count + other >= least) kept.push([count, other]);
    else thin = [thin[0] + count, thin[1] + other];
  });
  if (thin[0] + thin[1] >= least || kept.length === 0) kept.push(thin);
  else if (thin[0] + thin[1] > 0) {
    const smallest = kept.reduce((a, b) => (b[0] + b[1] < a[0] + a[1] ? b : a));
    smallest[0] += thin[0];
    smallest[1] += thin[1];
  }
  return { reference: kept.map(([count]) => count), current: kept.map(([, count]) => count) };
}

/** Two-sided z-test that two shares are the same, with the pooled share: z² is the χ² of the two-by-two table. */
export function twoProportions(a: number, n: number, b: number, m: number): { readonly statistic: number; readonly p: number } {
  const pooled = (a + b) / (n + m);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  if (error === 0) return { statistic: 0, p: 1 };
  const statistic = (b / m - a / n) / error;
  return { statistic, p: 2 * normalTail(Math.abs(statistic)) };
}

/**
 * Cohen's h of two shares: |2 asin √p − 2 asin √q|.
 *
 * @see Cohen, Statistical Power Analysis (1988), ch. 6
 * @example cohensH(0.25, 0.2) // 0.1199
 */
export function cohensH(p: number, q: number): number {
  return Math.abs(2 * Math.asin(Math.sqrt(p)) - 2 * Math.asin(Math.sqrt(q)));
}

function floored(counts: readonly number[]): number[] {
  const total = sum(counts);
  const raised = counts.map((count) => Math.max(count / total, FLOOR));
  const mass = sum(raised);
  return raised.map((share) => share / mass);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
