const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/**
 * P(X ≥ x) of a χ² variable: the regularised upper incomplete gamma function Q(k/2, x/2).
 *
 * @param degrees k ≥ 1
 * @see Press et al., Numerical Recipes, §6.2: the series below a + 1, the continued fraction above
 * @example chiSquaredTail(3.841458820694124, 1) // 0.05
 */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(degrees >= 1)) throw new RangeError(`${degrees} degrees of freedom`);
  return x > 0 ? upperGamma(degrees / 2, x / 2) : 1;
}

/** P(Z ≥ z) of a standard normal variable. */
export function normalTail(z: number): number {
  const tail = z === 0 ? 0.5 : upperGamma(0.5, (z * z) / 2) / 2;
  return z < 0 ? 1 - tail : tail;
}

function upperGamma(a: number, x: number): number {
  const scale = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = a + 1; Math.abs(term) > Math.abs(sum) * 1e-16; n += 1) {
      term *= x / n;
      sum += term;
    }
    return Math.max(0, 1 - sum * scale);
  }
  // Lentz's method; the tiny number keeps a zero out of the denominators.
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i <= 10_000; i += 1) {
    const factor = -i * (i - a);
    b += 2;
    d = 1 / (Math.abs(factor * d + b) < tiny ? tiny : factor * d + b);
    c = Math.abs(b + factor / c) < tiny ? tiny : b + factor / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return scale * fraction;
}

function logGamma(a: number): number {
  if (a < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * a)) - logGamma(1 - a);
  const x = a - 1;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i += 1) sum += (LANCZOS[i] as number) / (x + i);
  const t = x + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}
