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
const share = (arms: readonly Arm[], version: number, units = 20_000) =>
  Array.from({ length: units }, (_, i) => assignArm(arms, `passenger-${i}`, 'flights')).filter((each) => each.version === version).length /
  units;

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
    const same = Array.from({ length: 4000 }, (_, i) => assignArm(arms, `u${i}`, 'one') === assignArm(arms, `u${i}`, 'other')).filter(
      Boolean,
    );
    expect(same.length / 4000).toBeCloseTo(0.5, 1);
  });

  it('is the same for the same unit, and a growing last arm keeps its units', () => {
    const weight = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), weight, weight, (unit, one, other) => {
        const [small = 0, large = 0] = [one, other].sort((a, b) => a - b);
        const before = assignArm([arm(1, 1), arm(2, small)], unit, 'flights');
        expect(assignArm([arm(1, 1), arm(2, small)], unit, 'flights')).toEqual(before);
        if (before.version === 2) expect(assignArm([arm(1, 1), arm(2, large)], unit, 'flights').version).toBe(2);
      }),
    );
  });

  it.each([
    ['no arm', []],
    ['weights of 0 only', [arm(1, 0)]],
    ['an infinite weight', [arm(1, Number.POSITIVE_INFINITY)]],
  ])('refuses %s', (_, arms) => expect(() => assignArm(arms, 'u', 's')).toThrow(RangeError));

  it('calls an arm by its version', () => expect(armName(arm(3, 1))).toBe('v3'));
});
