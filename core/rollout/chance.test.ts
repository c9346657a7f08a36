import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialTail, fisherTail, quantile, ranksHigher } from './chance.ts';

describe('binomialTail', () => {
  it.each([
    { k: 0, n: 10, rate: 0.5, p: 1 },
    { k: 2, n: 2, rate: 0.02, p: 0.0004 },
    { k: 1, n: 1, rate: 0.02, p: 0.02 },
    { k: 8, n: 10, rate: 0.5, p: 0.0546875 },
    { k: 3, n: 2, rate: 0.5, p: 0 },
    { k: 1, n: 10, rate: 0, p: 0 },
    { k: 10, n: 10, rate: 1, p: 1 },
  ])('of $k of $n at $rate is $p', ({ k, n, rate, p }) => expect(binomialTail(k, n, rate)).toBeCloseTo(p, 10));
});

describe('fisherTail', () => {
  it.each([
    // The lady tasting tea: 1/70 for all four, 17/70 for three.
    { a: [4, 4], b: [0, 4], p: 1 / 70 },
    { a: [3, 4], b: [1, 4], p: 17 / 70 },
    { a: [3, 3], b: [0, 3], p: 0.05 },
    { a: [0, 9], b: [5, 9], p: 1 },
    { a: [0, 0], b: [0, 0], p: 1 },
    { a: [5, 5], b: [9, 9], p: 1 },
  ])('of $a against $b is $p', ({ a, b, p }) =>
    expect(fisherTail({ events: a[0] ?? 0, of: a[1] ?? 0 }, { events: b[0] ?? 0, of: b[1] ?? 0 })).toBeCloseTo(p, 10),
  );

  it('stays a probability in large groups', () => {
    const counts = fc.integer({ min: 1, max: 5000 }).chain((of) => fc.record({ of: fc.constant(of), events: fc.nat(of) }));
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const p = fisherTail(a, b);
        expect(p >= 0 && p <= 1).toBe(true);
      }),
    );
  });
});

describe('ranksHigher', () => {
  it.each([
    // U = 25 of 25, mean 12.5, σ² = 25 · 11 / 12; with continuity z = 12 / √22.9167.
    { name: 'all above', a: [6, 7, 8, 9, 10], b: [1, 2, 3, 4, 5], z: 2.50672, p: 0.0060927 },
    { name: 'all alike', a: [1, 1, 1], b: [1, 1], z: 0, p: 1 },
    { name: 'nothing', a: [], b: [1], z: 0, p: 1 },
    { name: 'all below', a: [1, 2, 3, 4, 5], b: [6, 7, 8, 9, 10], z: -2.7156, p: 0.99669 },
  ])('of $name', ({ a, b, z, p }) => {
    const found = ranksHigher(Float64Array.from(a), Float64Array.from(b));
    expect(found.z).toBeCloseTo(z, 4);
    expect(found.p).toBeCloseTo(p, 4);
  });

  it('refuses what has no rank', () => expect(() => ranksHigher(Float64Array.of(Number.NaN), Float64Array.of(1))).toThrow(RangeError));
});

it('a quantile is a value of the sample', () => {
  expect(
    quantile(
      Float64Array.from({ length: 100 }, (_, at) => 100 - at),
      0.95,
    ),
  ).toBe(95);
  expect(quantile(Float64Array.of(7), 0.95)).toBe(7);
  expect(quantile(new Float64Array(), 0.95)).toBeNaN();
});
