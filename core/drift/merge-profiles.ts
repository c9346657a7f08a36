import { mergeSketches } from './numeric-sketch.ts';
import type { CategoricalProfile, ColumnProfile, DatetimeProfile, NumericProfile, Profile } from './profile.ts';

/** Categories beyond the most frequent thousand are counted together. */
export const MOST_CATEGORIES = 1_000;

/**
 * The profile of the rows of both, from their profiles alone. Counts come out as if all rows had been profiled at once, of
 * categories as long as neither list was cut; means and deviations to within rounding.
 *
 * @throws {RangeError} the columns differ, or a distribution has fixed bins
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  const others = new Map(b.columns.map((column) => [column.name, column]));
  if (a.columns.length !== b.columns.length) throw new RangeError('profiles of different columns cannot be merged');
  return {
    version: 1,
    rows: a.rows + b.rows,
    columns: a.columns.map((column) => {
      const other = others.get(column.name);
      if (!other) throw new RangeError(`the column ${column.name} is in one profile only`);
      return { ...column, profile: mergeColumns(column.name, column.profile, other.profile) };
    }),
    prediction: a.prediction && b.prediction ? mergeNumeric('prediction', a.prediction, b.prediction) : null,
    target:
      a.target && b.target ? { labelled: a.target.labelled + b.target.labelled, positives: a.target.positives + b.target.positives } : null,
  };
}

/** Most frequent first; those that do not fit are one number. */
export function categoricalProfile(counts: ReadonlyMap<string, number>, missing: number, other = 0): CategoricalProfile {
  const ordered = [...counts].map(([value, count]) => ({ value, count })).sort((x, y) => y.count - x.count || (x.value < y.value ? -1 : 1));
  const left = ordered.slice(MOST_CATEGORIES).reduce((sum, { count }) => sum + count, other);
  const categories = ordered.slice(0, MOST_CATEGORIES);
  return { kind: 'categorical', count: categories.reduce((sum, { count }) => sum + count, left), missing, categories, other: left };
}

function mergeColumns(name: string, a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  if (a.kind === 'numeric' && b.kind === 'numeric') return mergeNumeric(name, a, b);
  if (a.kind === 'categorical' && b.kind === 'categorical') return mergeCategorical(a, b);
  if (a.kind === 'datetime' && b.kind === 'datetime') return mergeDatetime(a, b);
  throw new RangeError(`the column ${name} is ${a.kind} in one profile and ${b.kind} in the other`);
}

function mergeNumeric(name: string, a: NumericProfile, b: NumericProfile): NumericProfile {
  if ('edges' in a.distribution || 'edges' in b.distribution) throw new RangeError(`${name} is kept in fixed bins, which cannot be merged`);
  const count = a.count + b.count;
  const missing = a.missing + b.missing;
  const distribution = mergeSketches(a.distribution, b.distribution);
  if (a.mean === null || a.std === null) return { ...b, count, missing, distribution };
  if (b.mean === null || b.std === null) return { ...a, count, missing, distribution };
  const apart = b.mean - a.mean;
  const squares = a.count * a.std ** 2 + b.count * b.std ** 2 + (apart ** 2 * a.count * b.count) / count;
  return {
    kind: 'numeric',
    count,
    missing,
    mean: a.mean + (apart * b.count) / count,
    std: Math.sqrt(squares / count),
    min: least(a.min, b.min),
    max: most(a.max, b.max),
    distribution,
  };
}

function mergeCategorical(a: CategoricalProfile, b: CategoricalProfile): CategoricalProfile {
  const counts = new Map<string, number>();
  for (const { value, count } of [...a.categories, ...b.categories]) counts.set(value, (counts.get(value) ?? 0) + count);
  return categoricalProfile(counts, a.missing + b.missing, a.other + b.other);
}

function mergeDatetime(a: DatetimeProfile, b: DatetimeProfile): DatetimeProfile {
  return {
    kind: 'datetime',
    count: a.count + b.count,
    missing: a.missing + b.missing,
    min: least(a.min, b.min),
    max: most(a.max, b.max),
    hourOfDay: added(a.hourOfDay, b.hourOfDay),
    dayOfWeek: added(a.dayOfWeek, b.dayOfWeek),
  };
}

function added(a: readonly number[] | null, b: readonly number[] | null): number[] | null {
  return a && b ? a.map((count, at) => count + (b[at] as number)) : null;
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function most(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
