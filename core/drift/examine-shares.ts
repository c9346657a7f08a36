import type { Difference } from './examined.ts';
import type { Effect } from './judgement.ts';
import type { CategoricalProfile } from './profile.ts';
import type { CategoricalEffect, DriftSettings } from './settings.ts';
import { type Cells, chiSquared, jensenShannon, psi } from './shares.ts';
import { share, told } from './wording.ts';

const OTHER = '(other)';

export interface LabelledCells extends Cells {
  readonly labels: readonly string[];
}

/**
 * The cells of two categorical columns. A category is a cell of its own when both sides know how many rows it has: a side whose
 * list is whole knows that of every category. All others are one cell, `(other)`.
 */
export function categoryCells(reference: CategoricalProfile, current: CategoricalProfile): LabelledCells {
  const before = new Map(reference.categories.map(({ value, count }) => [value, count]));
  const after = new Map(current.categories.map(({ value, count }) => [value, count]));
  const labels = [...new Set([...before.keys(), ...after.keys()])].filter(
    (label) => (before.has(label) || reference.other === 0) && (after.has(label) || current.other === 0),
  );
  const counted = (of: ReadonlyMap<string, number>) => labels.map((label) => of.get(label) ?? 0);
  const [one, two] = [counted(before), counted(after)];
  const rest = { reference: reference.count - sum(one), current: current.count - sum(two) };
  if (rest.reference === 0 && rest.current === 0) return { labels, reference: one, current: two };
  return { labels: [...labels, OTHER], reference: [...one, rest.reference], current: [...two, rest.current] };
}

/** Categories of the window that are not in a whole list of the reference. */
export function newCategories(reference: CategoricalProfile, current: CategoricalProfile) {
  if (reference.other > 0) return [];
  const known = new Set(reference.categories.map(({ value }) => value));
  return current.categories.filter(({ value }) => !known.has(value)).slice(0, 10);
}

/** χ² for "is it chance", a distance of the shares for "does it matter". */
export function examineShares(cells: LabelledCells, settings: Pick<DriftSettings, 'categoricalEffect' | 'thresholds'>): Difference {
  const test = chiSquared(cells);
  const distance = jensenShannon(cells);
  const values: Readonly<Record<CategoricalEffect, number>> = {
    jensen_shannon: distance.corrected,
    psi: psi(cells),
    cramers_v: test.cramersV,
  };
  const name = settings.categoricalEffect;
  const effect: Effect = { name, value: values[name], threshold: settings.thresholds[name] };
  const others = Object.fromEntries(Object.entries(values).filter(([other]) => other !== name));
  return {
    test: 'chi_squared',
    statistic: test.statistic,
    p: test.p,
    effect,
    others: { ...others, jensen_shannon_raw: distance.raw, cells: test.cells },
    told: largestStep(cells),
    size: `${NAMES[name]} of ${told(effect.value)}`,
  };
}

const NAMES: Readonly<Record<CategoricalEffect, string>> = {
  jensen_shannon: 'a Jensen–Shannon distance',
  psi: 'a PSI',
  cramers_v: "Cramér's V",
};

function largestStep({ labels, reference, current }: LabelledCells): string {
  const [n, m] = [sum(reference), sum(current)];
  const steps = labels.map((label, at) => ({ label, from: (reference[at] as number) / n, to: (current[at] as number) / m }));
  const { label, from, to } = steps.reduce((a, b) => (Math.abs(b.to - b.from) > Math.abs(a.to - a.from) ? b : a));
  return `the largest step is "${label}", from ${share(from)} to ${share(to)}`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
