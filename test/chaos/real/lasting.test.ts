import { expect, it } from 'vitest';
import type { Finding } from '../invariants/finding.ts';
import { lasting } from './lasting.ts';

const stuck = (what: string): Finding => ({ sort: 'stuck', what });
const lost: Finding = { sort: 'lost', what: 'a prediction' };
const twice: Finding = { sort: 'duplicated', what: 'a file' };

/** Looks that find one of these after the other, and the last for ever. */
async function foundBy(
  ...looks: readonly (readonly Finding[])[]
): Promise<{ readonly found: readonly Finding[]; readonly looked: number }> {
  let looked = 0;
  const found = await lasting(async () => looks[Math.min(looked++, looks.length - 1)] ?? [], { againMs: 1, limitMs: 50 });
  return { found, looked };
}

it.each([
  ['nothing', [[]], [], 1],
  ['nothing that only had not arrived', [[lost], []], [], 2],
  ['at once what is there twice', [[twice]], [twice], 1],
  ['no scan that was under way and has ended', [[stuck('scan 1')], []], [], 2],
  ['no other scan that has begun meanwhile', [[stuck('scan 1')], [stuck('scan 2')]], [], 2],
] as const)('finds %s', async (_, looks, found, looked) => {
  expect(await foundBy(...looks)).toEqual({ found, looked });
});

it.each([
  ['from the first look on', [[lost]]],
  ['since it looked again', [[stuck('scan 1')], [lost]]],
] as const)('finds what is lost %s', async (_, looks) => {
  const { found, looked } = await foundBy(...looks);
  expect(found).toEqual([lost]);
  expect(looked).toBeGreaterThan(2);
});

it('finds what is stuck for as long as it looks', async () => {
  const { found, looked } = await foundBy([stuck('scan 1')]);
  expect(found).toEqual([stuck('scan 1')]);
  expect(looked).toBeGreaterThan(2);
});
