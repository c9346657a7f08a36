import type { FixedBins, NumericSketch } from './profile.ts';

/** More distinct values than this are gathered in bins of like values. */
export const MOST_VALUES = 2_048;

const ALL_BITS = 52;

/**
 * @param values rising and finite, as `select value, count(*) … group by value order by value` gives them
 * @param counts how often each was seen; every value once when left out. Equal neighbours are added up.
 * @throws {RangeError} a value is not finite, or is smaller than the one before
 */
export function numericSketch(values: ArrayLike<number>, counts?: ArrayLike<number>): NumericSketch {
  for (let at = 0; at < values.length; at += 1) {
    if (!Number.isFinite(values[at])) throw new RangeError(`${values[at]} is not a finite number`);
    if (at > 0 && (values[at] as number) < (values[at - 1] as number)) throw new RangeError('the values are not in rising order');
  }
  return fitted(values, counts, ALL_BITS);
}

/** The sketch of the rows of both. */
export function mergeSketches(a: NumericSketch, b: NumericSketch): NumericSketch {
  const bits = Math.min(a.bits, b.bits);
  const left = coarsen(a, bits);
  const right = coarsen(b, bits);
  const values: number[] = [];
  const counts: number[] = [];
  for (let i = 0, j = 0; i < left.values.length || j < right.values.length; ) {
    const value = Math.min(left.values[i] ?? Infinity, right.values[j] ?? Infinity);
    let count = 0;
    if (left.values[i] === value) count += left.counts[i++] as number;
    if (right.values[j] === value) count += right.counts[j++] as number;
    values.push(value);
    counts.push(count);
  }
  return fitted(values, counts, bits);
}

/** Both as counted values that may be compared: of the same coarseness, or gathered in the fixed bins of the one that has only them. */
export function comparable(a: NumericSketch | FixedBins, b: NumericSketch | FixedBins): readonly [NumericSketch, NumericSketch] {
  const edges = 'edges' in a ? a.edges : 'edges' in b ? b.edges : undefined;
  if (edges) return [inBins(a, edges), inBins(b, edges)];
  const [left, right] = [a as NumericSketch, b as NumericSketch];
  const bits = Math.min(left.bits, right.bits);
  return [coarsen(left, bits), coarsen(right, bits)];
}

/** The values with their mantissas cut to `bits`, towards zero. */
export function coarsen(sketch: NumericSketch, bits: number): NumericSketch {
  return bits >= sketch.bits ? sketch : { bits, ...gathered(sketch.values, sketch.counts, bits) };
}

function fitted(values: ArrayLike<number>, counts: ArrayLike<number> | undefined, most: number): NumericSketch {
  if (distinct(values, most) <= MOST_VALUES) return { bits: most, ...gathered(values, counts, most) };
  // Cutting one more bit never makes more values, so the finest cut that fits is found by halving.
  let fits = 0;
  let fails = most;
  while (fails - fits > 1) {
    const middle = (fits + fails) >> 1;
    if (distinct(values, middle) <= MOST_VALUES) fits = middle;
    else fails = middle;
  }
  return { bits: fits, ...gathered(values, counts, fits) };
}

function distinct(values: ArrayLike<number>, bits: number): number {
  const cut = cutter(bits);
  let found = 0;
  let last = Number.NaN;
  for (let at = 0; at < values.length; at += 1) {
    const value = cut(values[at] as number);
    if (value !== last) found += 1;
    last = value;
  }
  return found;
}

function gathered(values: ArrayLike<number>, counts: ArrayLike<number> | undefined, bits: number) {
  const cut = cutter(bits);
  const kept: number[] = [];
  const sums: number[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const value = cut(values[at] as number);
    const count = counts ? (counts[at] as number) : 1;
    if (kept.length > 0 && kept[kept.length - 1] === value) (sums[sums.length - 1] as number) += count;
    else {
      kept.push(value);
      sums.push(count);
    }
  }
  return { values: kept, counts: sums };
}

/** Adding zero turns −0 into 0: they are one value. */
function cutter(bits: number): (value: number) => number {
  if (bits >= ALL_BITS) return (value) => value + 0;
  const float = new Float64Array(1);
  const half = new Uint32Array(float.buffer);
  const low = bits > 20 ? -1 << (ALL_BITS - bits) : 0;
  const high = bits > 20 ? -1 : -1 << (20 - bits);
  return (value) => {
    float[0] = value;
    half[0] = (half[0] as number) & low;
    half[1] = (half[1] as number) & high;
    return (float[0] as number) + 0;
  };
}

/** Each bin at its middle; what lies outside of the bins stands for itself. */
function inBins(distribution: NumericSketch | FixedBins, edges: readonly number[]): NumericSketch {
  const last = edges.length - 2;
  const middle = (bin: number) => ((edges[bin] as number) + (edges[bin + 1] as number)) / 2;
  if ('edges' in distribution) {
    const occupied = distribution.counts.flatMap((count, bin) => (count > 0 ? [{ value: middle(bin), count }] : []));
    return { bits: ALL_BITS, values: occupied.map((bin) => bin.value), counts: occupied.map((bin) => bin.count) };
  }
  const values: number[] = [];
  let bin = 0;
  for (const value of distribution.values) {
    while (bin < last && value >= (edges[bin + 1] as number)) bin += 1;
    values.push(value < (edges[0] as number) || value > (edges[last + 1] as number) ? value : middle(bin));
  }
  return { bits: ALL_BITS, ...gathered(values, distribution.counts, ALL_BITS) };
}
