/**
 * The Benjamini–Hochberg q-values of a family of p-values: q₍ᵢ₎ = min over j ≥ i of m · p₍ⱼ₎ / j. Calling everything with q < α
 * a discovery keeps the expected share of false ones among them at or below α.
 *
 * @see Benjamini & Hochberg (1995)
 * @example benjaminiHochberg([0.01, 0.04, 0.03]) // [0.03, 0.04, 0.04]
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = p.map((_, at) => at).sort((a, b) => (p[b] as number) - (p[a] as number));
  const q = new Array<number>(p.length);
  let least = 1;
  order.forEach((at, fromLargest) => {
    least = Math.min(least, ((p[at] as number) * p.length) / (p.length - fromLargest));
    q[at] = least;
  });
  return q;
}
