/**
 * A small seeded generator (sfc32: 128 bits of state, period ≥ 2³²) of unsigned 32-bit integers: the same seed gives the same
 * numbers on every machine, which `Math.random` cannot.
 *
 * @see Doty-Humphrey, PractRand (2010)
 */
export function sfc32(seed: number): () => number {
  let a = 0;
  let b = seed >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = () => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) next();
  return next;
}

/** P(X ≤ k) of a Poisson(1) variable times 2³², k = 0…12; what lies beyond has a chance below 10⁻¹⁰. */
const POISSON_1 = (() => {
  const bounds: number[] = [];
  let term = Math.exp(-1);
  let sum = term;
  for (let k = 0; k <= 12; k += 1) {
    bounds.push(sum * 2 ** 32);
    term /= k + 1;
    sum += term;
  }
  return Float64Array.from(bounds);
})();

/** One Poisson(1) draw from one uniform 32-bit integer, by inversion. */
export function poisson1(uniform: number): number {
  let k = 0;
  while (k < 12 && uniform >= (POISSON_1[k] as number)) k += 1;
  return k;
}
