/**
 * P(K > λ) of Kolmogorov's limiting distribution. Two series, each where it converges within a few terms.
 *
 * @see Marsaglia, Tsang & Wang (2003)
 * @example kolmogorovTail(1.3580986393225505) // 0.05
 */
export function kolmogorovTail(lambda: number): number {
  if (!(lambda > 0)) return 1;
  if (lambda < 1) {
    const step = -(Math.PI * Math.PI) / (8 * lambda * lambda);
    let below = 0;
    for (let k = 1; k <= 9; k += 2) below += Math.exp(k * k * step);
    return clamp(1 - (Math.sqrt(2 * Math.PI) / lambda) * below);
  }
  let tail = 0;
  for (let k = 1; k <= 8; k += 1) tail += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return clamp(tail);
}

/**
 * The p-value of a two-sample Kolmogorov–Smirnov statistic D by the limit, with Stephens' correction for small samples:
 * λ = (√nₑ + 0.12 + 0.11 / √nₑ) · D, nₑ = n·m / (n + m). Conservative when values are tied.
 */
export function kolmogorovP(statistic: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m));
  return kolmogorovTail((root + 0.12 + 0.11 / root) * statistic);
}

function clamp(probability: number): number {
  return Math.min(1, Math.max(0, probability));
}
