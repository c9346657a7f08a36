/** Numbers as sentences tell them. */
export function told(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

export function share(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`;
}

export function chance(probability: number): string {
  return probability < 1e-4 ? '< 0.0001' : `= ${Number(probability.toPrecision(2))}`;
}
