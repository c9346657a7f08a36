import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentiles } from './latency.ts';

describe('percentiles', () => {
  it.each([
    { values: [], expected: undefined },
    { values: [7], expected: { p50: 7, p95: 7, p99: 7 } },
    { values: [3, 1, 2], expected: { p50: 2, p95: 3, p99: 3 } },
    { values: Array.from({ length: 100 }, (_, i) => 100 - i), expected: { p50: 50, p95: 95, p99: 99 } },
  ])('of $values.length values are $expected', ({ values, expected }) => expect(percentiles(values)).toEqual(expected));

  it('are values, in order, and cover the share they name', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }), (values) => {
        const { p50, p95, p99 } = percentiles(values) ?? { p50: Number.NaN, p95: 0, p99: 0 };
        expect(values).toEqual(expect.arrayContaining([p50, p95, p99]));
        expect(p50 <= p95 && p95 <= p99).toBe(true);
        for (const [share, value] of [
          [0.5, p50],
          [0.95, p95],
          [0.99, p99],
        ] as const)
          expect(values.filter((one) => one <= value).length).toBeGreaterThanOrEqual(share * values.length);
      }),
    ));
});
