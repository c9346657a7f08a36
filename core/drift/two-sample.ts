import { kolmogorovP } from './kolmogorov.ts';

/** A sample as its distinct values in rising order and how often each was seen; without counts every value is seen once. */
export interface Sample {
  readonly values: ArrayLike<number>;
  readonly counts?: ArrayLike<number>;
}

export interface TwoSample {
  /** Largest distance of the two distribution functions, and its asymptotic p-value (see kolmogorov.ts). */
  readonly ks: { readonly statistic: number; readonly p: number };
  /** Wasserstein-1: the mean way a value has to move, in the unit of the values. */
  readonly wasserstein: number;
  /** The same in standard deviations of the reference: what an effect size is judged on. */
  readonly wassersteinPerSigma: number;
  /** Population standard deviation of the reference; of both samples together when the reference has none. */
  readonly sigma: number;
  readonly n: { readonly reference: number; readonly current: number };
}

/**
 * Kolmogorov–Smirnov and Wasserstein-1 of two samples of plain numbers in one pass: sup |F − G| and ∫ |F − G| dx.
 *
 * @param reference at least one finite number; NaN and ±Infinity must be filtered out by the caller, who knows what they mean.
 *   Sorted arrays are read as they are, others are copied and sorted first.
 * @param current   the same
 * @throws {RangeError} a side is empty, or holds a number that is not finite
 * @example twoSample(Float64Array.of(0, 1), Float64Array.of(1, 2)).wasserstein // 1
 */
export function twoSample(reference: Float64Array, current: Float64Array): TwoSample {
  return compareSamples({ values: rising(reference) }, { values: rising(current) });
}

/** As `twoSample`, of samples that are already sorted and counted. */
export function compareSamples(reference: Sample, current: Sample): TwoSample {
  const n = mass(reference);
  const m = mass(current);
  const a = reference.values;
  const b = current.values;
  let i = 0;
  let j = 0;
  let below = 0;
  let belowCurrent = 0;
  let distance = 0;
  let statistic = 0;
  let wasserstein = 0;
  let last = 0;
  while (i < a.length || j < b.length) {
    const value = Math.min(i < a.length ? (a[i] as number) : Infinity, j < b.length ? (b[j] as number) : Infinity);
    wasserstein += distance === 0 ? 0 : distance * (value - last);
    for (; i < a.length && a[i] === value; i += 1) below += countAt(reference, i);
    for (; j < b.length && b[j] === value; j += 1) belowCurrent += countAt(current, j);
    distance = Math.abs(below / n - belowCurrent / m);
    if (distance > statistic) statistic = distance;
    last = value;
  }
  const sigma = spread([reference]) || spread([reference, current]);
  return {
    ks: { statistic, p: kolmogorovP(statistic, n, m) },
    wasserstein,
    wassersteinPerSigma: sigma === 0 ? 0 : wasserstein / sigma,
    sigma,
    n: { reference: n, current: m },
  };
}

function rising(values: Float64Array): Float64Array {
  for (let at = 1; at < values.length; at += 1) if (!((values[at - 1] as number) <= (values[at] as number))) return values.slice().sort();
  return values;
}

/** Sorted, so what is not finite stands at an end: typed arrays sort NaN last. */
function mass(sample: Sample): number {
  const { values, counts } = sample;
  if (values.length === 0) throw new RangeError('a sample without a value cannot be compared');
  for (const end of [values[0], values[values.length - 1]])
    if (!Number.isFinite(end)) throw new RangeError(`a sample holds ${end}; filter what is not a finite number first`);
  if (!counts) return values.length;
  let total = 0;
  for (let at = 0; at < values.length; at += 1) total += counts[at] as number;
  if (!(total > 0)) throw new RangeError('the counts of a sample add up to nothing');
  return total;
}

function countAt({ counts }: Sample, at: number): number {
  return counts ? (counts[at] as number) : 1;
}

/** Two passes around the mean, as one pass of squares loses every digit of values far from zero. */
function spread(samples: readonly Sample[]): number {
  let total = 0;
  let sum = 0;
  for (const sample of samples)
    for (let at = 0; at < sample.values.length; at += 1) {
      total += countAt(sample, at);
      sum += countAt(sample, at) * (sample.values[at] as number);
    }
  const mean = sum / total;
  let squares = 0;
  for (const sample of samples)
    for (let at = 0; at < sample.values.length; at += 1) squares += countAt(sample, at) * ((sample.values[at] as number) - mean) ** 2;
  return Math.sqrt(squares / total);
}
