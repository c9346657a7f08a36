import type { Difference, Examined } from './examined.ts';
import type { ColumnVerdict } from './judgement.ts';
import type { DriftSettings } from './settings.ts';
import { chance, share, told } from './wording.ts';

/** What the family of comparisons says of one of them: q of its values, q of its missing share. */
export interface Adjusted {
  readonly values: number | null;
  readonly missing: number | null;
}

/** The double rule: unlikely to be chance **and** large enough to matter. */
export function conclude(examined: Examined, adjusted: Adjusted, { alpha, thresholds }: DriftSettings): ColumnVerdict {
  const { column, kind, n, missing, difference, newCategories, bars } = examined;
  const lost = Math.abs(missing.current - missing.reference);
  const missingDrifted = adjusted.missing !== null && adjusted.missing < alpha && lost >= thresholds.missing_share;
  const head = { column, kind, n, missing: { ...missing, q: adjusted.missing }, newCategories, bars };
  const missingTold = `its missing share went from ${share(missing.reference)} to ${share(missing.current)} (limit ${share(thresholds.missing_share)} either way)`;
  if ('refused' in difference) {
    const none = { test: null, statistic: null, p: null, q: null, effect: null, others: {} };
    return missingDrifted
      ? { ...head, ...none, verdict: 'drift', sentence: `${column} moved: ${missingTold}.` }
      : { ...head, ...none, verdict: difference.refused, sentence: `${column} was not judged: ${difference.why}.` };
  }
  const { test, statistic, p, effect, others } = difference;
  const q = adjusted.values ?? p;
  const moved = q < alpha && effect.value >= effect.threshold;
  const sentence = moved
    ? `${column} moved: ${difference.told}, ${difference.size} in all (limit ${told(effect.threshold)}), which is not chance (q ${chance(q)}).`
    : missingDrifted
      ? `${column} moved: ${missingTold}; the values that are there kept their place.`
      : stayed(column, difference, q, alpha);
  const news = newCategories.length > 0 ? ` ${newOnes(newCategories)}` : '';
  return {
    ...head,
    verdict: moved || missingDrifted ? 'drift' : 'no_drift',
    test,
    statistic,
    p,
    q,
    effect,
    others,
    sentence: sentence + news,
  };
}

function stayed(column: string, { effect, size }: Difference, q: number, alpha: number): string {
  const limit = `(limit ${told(effect.threshold)})`;
  if (effect.value >= effect.threshold)
    return `${column} kept its place as far as can be told: ${size} ${limit}, but that can be chance (q ${chance(q)}).`;
  return q < alpha
    ? `${column} kept its place: the difference is real (q ${chance(q)}) but small, ${size} ${limit}.`
    : `${column} kept its place: ${size} ${limit}, no more than chance (q ${chance(q)}).`;
}

function newOnes(categories: ColumnVerdict['newCategories']): string {
  const named = categories.slice(0, 3).map(({ value, count }) => `"${value}" (${count.toLocaleString('en-US')})`);
  const more = categories.length > 3 ? ' and others' : '';
  return `New: ${named.join(', ')}${more}.`;
}
