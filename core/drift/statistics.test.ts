import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from './benjamini-hochberg.ts';
import { kolmogorovTail } from './kolmogorov.ts';
import { chiSquaredTail, normalTail } from './probability.ts';
import { chiSquared, cohensH, jensenShannon, psi, twoProportions } from './shares.ts';
import { compareSamples, twoSample } from './two-sample.ts';

interface Golden {
  readonly samples: {
    readonly name: string;
    readonly reference: number[];
    readonly current: number[];
    readonly ks: { readonly statistic: number; readonly p: number };
    readonly wasserstein: number;
    readonly wassersteinPerSigma: number;
  }[];
  readonly shares: {
    readonly name: string;
    readonly reference: number[];
    readonly current: number[];
    readonly chiSquared: { readonly statistic: number; readonly p: number; readonly cramersV: number };
    readonly jensenShannon: { readonly raw: number; readonly corrected: number };
    readonly psi: number;
  }[];
  readonly proportions: {
    readonly counts: [number, number, number, number];
    readonly statistic: number;
    readonly p: number;
    readonly cohensH: number;
  }[];
  readonly families: { readonly p: number[]; readonly q: number[] }[];
  readonly tails: {
    readonly kolmogorov: [number, number][];
    readonly chiSquared: [number, number, number][];
    readonly normal: [number, number][];
  };
}

const golden = JSON.parse(readFileSync(new URL('../../test/golden/drift.json', import.meta.url), 'utf8')) as Golden;

/** Relative, because a p-value of 10⁻⁴⁰ is compared too. */
function near(actual: number, expected: number, relative = 1e-9): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(expected === 0 ? 1e-12 : relative * Math.abs(expected));
}

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const sample = fc.array(finite, { minLength: 1, maxLength: 40 }).map((values) => Float64Array.from(values));
const cells = fc
  .array(fc.tuple(fc.nat(50), fc.nat(50)), { minLength: 2, maxLength: 8 })
  .map((pairs) => ({ reference: pairs.map(([a]) => a + 1), current: pairs.map(([, b]) => b + 1) }));

describe('two samples of numbers', () => {
  it.each(golden.samples)('are compared as scipy does: $name', ({ reference, current, ks, wasserstein, wassersteinPerSigma }) => {
    const found = twoSample(Float64Array.from(reference), Float64Array.from(current));
    near(found.ks.statistic, ks.statistic);
    near(found.ks.p, ks.p);
    near(found.wasserstein, wasserstein);
    near(found.wassersteinPerSigma, wassersteinPerSigma);
  });

  it.each([
    ['an empty reference', [], [1]],
    ['an empty window', [1], []],
    ['NaN', [1, Number.NaN], [1]],
    ['an infinite value', [1], [Number.NEGATIVE_INFINITY, 3]],
  ])('refuses %s', (_, a, b) => expect(() => twoSample(Float64Array.from(a), Float64Array.from(b))).toThrow(RangeError));

  it('refuses counts of nothing', () => expect(() => compareSamples({ values: [1], counts: [0] }, { values: [1] })).toThrow(RangeError));

  it('leaves what it is given as it is', () => {
    const values = Float64Array.of(3, 1, 2);
    twoSample(values, values);
    expect([...values]).toEqual([3, 1, 2]);
  });

  it('measures a reference without spread by the spread of both', () => {
    const found = twoSample(Float64Array.of(1, 1), Float64Array.of(2, 2));
    expect(found).toMatchObject({ wasserstein: 1, sigma: 0.5, wassersteinPerSigma: 2 });
    expect(twoSample(Float64Array.of(1), Float64Array.of(1)).wassersteinPerSigma).toBe(0);
  });

  it('is symmetric, is zero of a sample with itself, and counts say the same as repeated values', () =>
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: 1, max: 4 }), (a, b, times) => {
        const one = twoSample(a, b);
        const other = twoSample(b, a);
        expect(one.ks).toEqual(other.ks);
        near(one.wasserstein, other.wasserstein);
        expect(twoSample(a, a)).toMatchObject({ ks: { statistic: 0, p: 1 }, wasserstein: 0 });
        const counted = { values: a.slice().sort(), counts: a.map(() => times) };
        const repeated = Float64Array.from([...a].flatMap((value) => Array<number>(times).fill(value)));
        expect(compareSamples(counted, { values: b.slice().sort() }).ks.statistic).toBeCloseTo(twoSample(repeated, b).ks.statistic, 12);
      }),
    ));
});

describe('shares of categories', () => {
  it.each(golden.shares)('are compared as scipy does: $name', ({ reference, current, ...expected }) => {
    const found = { chi: chiSquared({ reference, current }), distance: jensenShannon({ reference, current }) };
    near(found.chi.statistic, expected.chiSquared.statistic);
    near(found.chi.p, expected.chiSquared.p, 1e-8);
    near(found.chi.cramersV, expected.chiSquared.cramersV);
    near(found.distance.raw, expected.jensenShannon.raw);
    near(found.distance.corrected, expected.jensenShannon.corrected);
    near(psi({ reference, current }), expected.psi);
  });

  it.each(golden.proportions)('of two proportions $counts', ({ counts: [a, n, b, m], statistic, p, cohensH: h }) => {
    near(twoProportions(a, n, b, m).statistic, statistic);
    near(twoProportions(a, n, b, m).p, p);
    near(cohensH(a / n, b / m), h);
  });

  it('puts thin cells together, and with the smallest when even together they are thin', () => {
    const whole = chiSquared({ reference: [100, 60, 6], current: [90, 70, 8] });
    expect(chiSquared({ reference: [100, 60, 2, 2, 2], current: [90, 70, 3, 3, 2] })).toEqual(whole);
    expect(chiSquared({ reference: [100, 60, 1], current: [90, 70, 0] })).toEqual(chiSquared({ reference: [100, 61], current: [90, 70] }));
  });

  it.each([
    ['one cell', [10], [90]],
    ['thin cells only', [1, 2], [2, 1]],
  ])('finds nothing in %s', (_, reference, current) =>
    expect(chiSquared({ reference, current })).toMatchObject({ statistic: 0, p: 1, cramersV: 0, cells: 1 }),
  );

  it('has nothing to test when nothing or everything is missing', () => {
    expect(twoProportions(0, 50, 0, 80)).toEqual({ statistic: 0, p: 1 });
    expect(twoProportions(50, 50, 80, 80)).toEqual({ statistic: 0, p: 1 });
  });

  it('is symmetric, bounded, and zero where shares are the same', () =>
    fc.assert(
      fc.property(cells, ({ reference, current }) => {
        const found = jensenShannon({ reference, current });
        near(found.raw, jensenShannon({ reference: current, current: reference }).raw, 1e-7);
        expect(found.raw).toBeLessThanOrEqual(Math.sqrt(Math.LN2) + 1e-12);
        expect(found.corrected).toBeLessThanOrEqual(found.raw);
        expect(psi({ reference, current })).toBeGreaterThanOrEqual(-1e-12);
        expect(jensenShannon({ reference, current: reference.map((count) => count * 3) }).raw).toBeLessThan(1e-7);
      }),
    ));
});

describe('probabilities', () => {
  it.each(golden.tails.kolmogorov)('of Kolmogorov beyond %f', (x, tail) => near(kolmogorovTail(x), tail, 1e-9));
  it.each(golden.tails.chiSquared)('of χ² beyond %f with %i degrees', (x, degrees, tail) => near(chiSquaredTail(x, degrees), tail, 1e-9));
  it.each(golden.tails.normal)('of the normal beyond %f', (z, tail) => near(normalTail(z), tail, 1e-9));
  it('refuses no degree of freedom', () => expect(() => chiSquaredTail(1, 0)).toThrow(RangeError));

  it.each(golden.families)('are adjusted as a family: $p', ({ p, q }) => {
    const found = benjaminiHochberg(p);
    q.forEach((expected, at) => {
      near(found[at] as number, expected);
    });
  });

  it('grow with the p-value and never shrink below it', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (p) => {
        const q = benjaminiHochberg(p);
        p.forEach((one, at) => {
          expect(q[at]).toBeGreaterThanOrEqual(one - 1e-15);
          p.forEach((other, against) => {
            if (one <= other) expect(q[at]).toBeLessThanOrEqual(q[against] as number);
          });
        });
      }),
    ));
});
