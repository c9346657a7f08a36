import type { Bar, ColumnVerdict, Effect } from './judgement.ts';

/** What one comparison found, before the family of all columns says how sure that is. */
export interface Examined {
  readonly column: string;
  readonly kind: ColumnVerdict['kind'];
  readonly n: { readonly reference: number; readonly current: number };
  /** Share of rows without a value, and the test that both shares are the same; no test when nothing is missing. */
  readonly missing: { readonly reference: number; readonly current: number; readonly p: number | null };
  readonly difference: Difference | NoDifference;
  readonly newCategories: ColumnVerdict['newCategories'];
  readonly bars: readonly Bar[];
}

export interface Difference {
  readonly test: string;
  readonly statistic: number;
  readonly p: number;
  readonly effect: Effect;
  readonly others: Readonly<Record<string, number>>;
  /** What happened in words, `its mean went from 1 to 2`. */
  readonly told: string;
  /** The effect in words, `0.42 standard deviations`. */
  readonly size: string;
}

/** Nothing was compared, and why. */
export interface NoDifference {
  readonly refused: 'insufficient' | 'empty';
  readonly why: string;
}
