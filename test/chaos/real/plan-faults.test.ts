import { expect, it } from 'vitest';
import { FAULT_CLASSES, plannedFaults } from './plan-faults.ts';

function planned(seed: number, count: number) {
  const faults = plannedFaults(seed);
  return Array.from({ length: count }, () => faults.next().value);
}

it('the faults of a seed are the same again, of another seed others', () => {
  expect(planned(7, 50)).toEqual(planned(7, 50));
  expect(planned(7, 50)).not.toEqual(planned(8, 50));
});

it('every class is among any ten that follow each other from a multiple of ten', () => {
  const faults = planned(1, 30);
  for (const from of [0, 10, 20])
    expect(new Set(faults.slice(from, from + 10).map((fault) => fault.class))).toEqual(new Set(FAULT_CLASSES));
});
