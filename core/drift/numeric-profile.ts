import { numericSketch } from './numeric-sketch.ts';
import type { NumericProfile } from './profile.ts';

/**
 * @param values rising and finite, see `numericSketch`
 * @example numericProfile([1, 2], [1, 3], 0).mean // 1.75
 */
export function numericProfile(values: ArrayLike<number>, counts: ArrayLike<number>, missing: number): NumericProfile {
  const distribution = numericSketch(values, counts);
  let count = 0;
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) {
    count += counts[at] as number;
    sum += (counts[at] as number) * (values[at] as number);
  }
  if (count === 0) return { kind: 'numeric', count, missing, mean: null, std: null, min: null, max: null, distribution };
  const mean = sum / count;
  let squares = 0;
  for (let at = 0; at < values.length; at += 1) squares += (counts[at] as number) * ((values[at] as number) - mean) ** 2;
  return {
    kind: 'numeric',
    count,
    missing,
    mean,
    std: Math.sqrt(squares / count),
    min: values[0] as number,
    max: values[values.length - 1] as number,
    distribution,
  };
}
