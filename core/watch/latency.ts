/** Bounds of the latency histogram in milliseconds; what takes longer than the last one is in the total only. */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * The p50, p95 and p99 of the values by nearest rank: the smallest value that at least that share of the values does not exceed.
 * Undefined without values.
 *
 * @example percentiles([3, 1, 2]) // { p50: 2, p95: 3, p99: 3 }
 */
export function percentiles(values: readonly number[]): Percentiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
