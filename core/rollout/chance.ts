/** ln(0!) … ln(n!), so that tails of counts are sums of exponentials. */
function lnFactorials(n: number): Float64Array {
  const ln = new Float64Array(n + 1);
  for (let k = 2; k <= n; k += 1) ln[k] = (ln[k - 1] as number) + Math.log(k);
  return ln;
}

/**
 * P(X ≥ k) of X ~ Bin(n, rate): how likely that many events are when each has at most this chance. Exact.
 *
 * @param k whole, ≥ 0
 * @param rate in [0, 1]
 * @example binomialTail(2, 2, 0.02) // 0.0004
 */
export function binomialTail(k: number, n: number, rate: number): number {
  if (k <= 0) return 1;
  if (k > n || rate <= 0) return 0;
  if (rate >= 1) return 1;
  const ln = lnFactorials(n);
  let tail = 0;
  for (let i = k; i <= n; i += 1) tail += Math.exp(choose(ln, n, i) + i * Math.log(rate) + (n - i) * Math.log1p(-rate));
  return Math.min(1, tail);
}

/**
 * Fisher's exact test, one-sided: how likely the first group holds at least its events when all events fall on both alike. Exact
 * for groups of any size.
 *
 * @see Fisher (1934)
 * @example fisherTail({ events: 3, of: 3 }, { events: 0, of: 3 }) // 0.05
 */
export function fisherTail(
  first: { readonly events: number; readonly of: number },
  second: { readonly events: number; readonly of: number },
): number {
  const all = first.of + second.of;
  const events = first.events + second.events;
  if (first.events === 0 || all === 0) return 1;
  const ln = lnFactorials(all);
  const every = choose(ln, all, events);
  let tail = 0;
  for (let i = first.events; i <= Math.min(first.of, events); i += 1) {
    if (events - i > second.of) continue;
    tail += Math.exp(choose(ln, first.of, i) + choose(ln, second.of, events - i) - every);
  }
  return Math.min(1, tail);
}

function choose(ln: Float64Array, n: number, k: number): number {
  return (ln[n] as number) - (ln[k] as number) - (ln[n - k] as number);
}

/**
 * Mann–Whitney's rank test, one-sided: how likely the first sample's values rank at least as high as they do when both come from
 * one distribution. Normal approximation with midranks, correction for ties and for continuity; good from about ten values each.
 *
 * @returns the z of the rank sum, and p; z 0 and p 1 when a side is empty or all values are one
 * @see Mann & Whitney (1947)
 */
export function ranksHigher(first: Float64Array, second: Float64Array): { readonly z: number; readonly p: number } {
  const n = first.length;
  const m = second.length;
  if (n === 0 || m === 0) return { z: 0, p: 1 };
  const a = first.slice().sort();
  const b = second.slice().sort();
  let ranks = 0;
  let ties = 0;
  let seen = 0;
  for (let i = 0, j = 0; i < n || j < m; ) {
    const value = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    const fromA = i;
    const fromB = j;
    while (i < n && a[i] === value) i += 1;
    while (j < m && b[j] === value) j += 1;
    const tied = i - fromA + (j - fromB);
    if (tied === 0) throw new RangeError(`${value} cannot be ranked`);
    ranks += (i - fromA) * (seen + (tied + 1) / 2);
    ties += tied ** 3 - tied;
    seen += tied;
  }
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
  if (!(variance > 0)) return { z: 0, p: 1 };
  const z = (ranks - (n * (n + 1)) / 2 - (n * m) / 2 - 0.5) / Math.sqrt(variance);
  return { z, p: normalTail(z) };
}

/** P(Z ≥ z) of the standard normal; within 1.2e-7, relatively, so tails stay tails. @see Numerical Recipes §6.2, erfc by Chebyshev fitting */
function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const series = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  const erfc = t * Math.exp(-x * x - 1.26551223 + t * series.reduceRight((sum, coefficient) => coefficient + t * sum, 0));
  return z >= 0 ? erfc / 2 : 1 - erfc / 2;
}

/** The value that a share `q` of a sample does not exceed (nearest rank); NaN of nothing. */
export function quantile(values: Float64Array, q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.slice().sort();
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
}
