import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arm, armName, assignArm } from './routing.ts';

const arm = (version: number, weight: number): Arm => ({
  versionId: `id-${version}`,
  version,
  artifactKey: 'a',
  signatureKey: 's',
  weight,
});
const among = (arms: readonly Arm[], { unserved = 0, modelId = 'flights' } = {}) => ({ arms, unserved, modelId });
const share = (arms: readonly Arm[], version: number, units = 20_000, unserved = 0) =>
  Array.from({ length: units }, (_, i) => assignArm(among(arms, { unserved }), `passenger-${i}`)).filter(
    (each) => each?.version === version,
  ).length / units;

describe('assignArm', () => {
  it('gives everybody to the only arm that serves', () => {
    expect(share([arm(1, 0), arm(2, 1)], 2, 100)).toBe(1);
  });

  it.each([{ weights: [0.9, 0.1] }, { weights: [50, 50] }, { weights: [1, 2, 7] }, { weights: [0.995, 0.005] }])(
    'keeps to the weights $weights',
    ({ weights }) => {
      const arms = weights.map((weight, index) => arm(index + 1, weight));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const { version, weight } of arms) {
        const expected = weight / total;
        // Five standard deviations of 20,000 draws.
        expect(Math.abs(share(arms, version) - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / 20_000));
      }
    },
  );

  it('is independent between models', () => {
    const arms = [arm(1, 0.5), arm(2, 0.5)];
    const same = Array.from(
      { length: 4000 },
      (_, i) => assignArm(among(arms), `u${i}`) === assignArm(among(arms, { modelId: 'other' }), `u${i}`),
    ).filter(Boolean);
    expect(same.length / 4000).toBeCloseTo(0.5, 1);
  });

  it('is the same for the same unit, and a growing last arm keeps its units', () => {
    const weight = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), weight, weight, (unit, one, other) => {
        const [small = 0, large = 0] = [one, other].sort((a, b) => a - b);
        const before = assignArm(among([arm(1, 1), arm(2, small)]), unit);
        expect(assignArm(among([arm(1, 1), arm(2, small)]), unit)).toEqual(before);
        if (before?.version === 2) expect(assignArm(among([arm(1, 1), arm(2, large)]), unit)?.version).toBe(2);
      }),
    );
  });

  it('leaves the units unserved that nobody serves yet, and a growing first version keeps its own', () => {
    expect(share([arm(1, 0.1)], 1, 20_000, 0.9)).toBeCloseTo(0.1, 1);
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), part, part, (unit, one, other) => {
        const [small = 0, large = 0] = [one, other].sort((a, b) => a - b);
        const served = (weight: number) => assignArm(among([arm(1, weight)], { unserved: 1 - weight }), unit) !== undefined;
        if (served(small)) expect(served(large)).toBe(true);
        expect([served(0), served(1)]).toEqual([false, true]);
      }),
    );
  });

  it.each([
    ['no arm', []],
    ['weights of 0 only', [arm(1, 0)]],
  ])('gives nobody for %s', (_, arms) => expect(assignArm(among(arms), 'u')).toBeUndefined());

  it('refuses an infinite weight', () => {
    expect(() => assignArm(among([arm(1, Number.POSITIVE_INFINITY)]), 'u')).toThrow(RangeError);
  });

  it('calls an arm by its version', () => expect(armName(arm(3, 1))).toBe('v3'));
});
