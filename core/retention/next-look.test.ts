import { describe, expect, it } from 'vitest';
import { firstLook, nextLook } from './next-look.ts';

const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * 24 * 3_600_000);
const left = (days: number, oldest?: number) => ({ days, oldest: oldest === undefined ? undefined : at(oldest) });

describe('the next look', () => {
  it.each([
    { name: 'when the oldest of what is left is due', all: [left(30, 20)], next: 50 },
    { name: 'when the first of several kinds is due', all: [left(30, 20), left(400, 0), left(7, 39)], next: 46 },
    { name: 'not twice within 23 hours', all: [left(30, 10.01)], next: 40 + 23 / 24 },
    { name: 'nor at once for what is in use', all: [left(30, 2)], next: 40 + 23 / 24 },
    { name: 'when the first of what comes in from now on is due, where nothing is', all: [left(30), left(90)], next: 70 },
    { name: 'also beside what is due later', all: [left(5), left(90, 39)], next: 45 },
    { name: 'as of now for what came in while it was looked', all: [left(30, 41)], next: 70 },
  ])('is $name', ({ all, next }) => expect(nextLook(at(40), all)).toEqual(at(next)));

  it('is the first an hour after a policy came', () => expect(firstLook(at(0))).toEqual(at(1 / 24)));
});
