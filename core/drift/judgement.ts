import type { PerformancePoint } from './performance.ts';
import type { DriftSettings } from './settings.ts';

/** `insufficient`: too few rows to say, or the reference does not hold what would be compared; `empty`: no value at all. */
export type Verdict = 'drift' | 'no_drift' | 'insufficient' | 'empty';

export interface Effect {
  readonly name: string;
  readonly value: number;
  readonly threshold: number;
}

/** Shares of the reference and of the window side by side, for a picture. */
export interface Bar {
  readonly label: string;
  readonly reference: number;
  readonly current: number;
}

export interface ColumnVerdict {
  /** The feature, or a part of it: `date.hour_of_day`. */
  readonly column: string;
  readonly kind: 'numeric' | 'categorical' | 'calendar' | 'prediction' | 'target';
  readonly verdict: Verdict;
  /** Which test the numbers beside it are of: `kolmogorov_smirnov`, `chi_squared`, `two_proportions`; null when none ran. */
  readonly test: string | null;
  readonly statistic: number | null;
  readonly p: number | null;
  /** Benjamini–Hochberg-adjusted over all columns; of the prediction and of the target the p-value itself. */
  readonly q: number | null;
  readonly effect: Effect | null;
  /** Other measures of the same difference, by name. */
  readonly others: Readonly<Record<string, number>>;
  readonly missing: { readonly reference: number; readonly current: number; readonly p: number | null; readonly q: number | null };
  /** Categories of the window that the reference never held, most frequent first, at most ten. */
  readonly newCategories: readonly { readonly value: string; readonly count: number }[];
  /** Rows with a value. */
  readonly n: { readonly reference: number; readonly current: number };
  readonly sentence: string;
  readonly bars: readonly Bar[];
}

export interface PerformanceVerdict {
  readonly verdict: Verdict;
  readonly labelled: number;
  readonly auc: number | null;
  readonly logLoss: number | null;
  /** The lower bound of the evaluation's AUC that it is held against. */
  readonly bound: number | null;
  /** One-sided: the chance of an AUC this low if the model were as good as the bound. */
  readonly p: number | null;
  readonly sentence: string;
}

export interface DriftJudgement {
  /** `drift` when anything drifted; what did stands in `drifted`. `insufficient` when nothing could be judged. */
  readonly verdict: 'drift' | 'no_drift' | 'insufficient';
  readonly drifted: {
    readonly columns: readonly string[];
    readonly prediction: boolean;
    readonly target: boolean;
    readonly performance: boolean;
  };
  readonly rows: { readonly reference: number; readonly current: number };
  readonly columns: readonly ColumnVerdict[];
  readonly prediction: ColumnVerdict | null;
  readonly target: ColumnVerdict | null;
  readonly performance: readonly PerformancePoint[];
  /** Null when the window has no labels. */
  readonly decay: PerformanceVerdict | null;
  readonly settings: DriftSettings;
}
