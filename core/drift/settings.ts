export type CategoricalEffect = 'jensen_shannon' | 'psi' | 'cramers_v';
export type NumericEffect = 'wasserstein_per_sigma' | 'psi';

/** What counts as drift. A column drifted when its q-value is below `alpha` **and** its effect reaches its threshold. */
export interface DriftSettings {
  /** Level of the Benjamini–Hochberg procedure over the columns, and of each test that stands alone. */
  readonly alpha: number;
  /** Fewer rows than this on either side are `insufficient`. */
  readonly minRows: number;
  readonly numericEffect: NumericEffect;
  readonly categoricalEffect: CategoricalEffect;
  readonly thresholds: {
    /** Wasserstein-1 in standard deviations of the reference. */
    readonly wasserstein_per_sigma: number;
    /** Jensen–Shannon distance, natural logarithm, less what chance alone adds at this number of rows. */
    readonly jensen_shannon: number;
    readonly psi: number;
    readonly cramers_v: number;
    /** Difference of the share of missing values. */
    readonly missing_share: number;
    /** Of the prediction scores: Wasserstein-1 in standard deviations of the reference. */
    readonly prediction: number;
    /** Of the share of positive labels: Cohen's h, which treats 1 % → 2 % and 20 % → 24 % as about the same step. */
    readonly target: number;
    /** How far the AUC has to fall below the evaluation's lower bound. */
    readonly auc_drop: number;
  };
}

export const DRIFT_DEFAULTS: DriftSettings = {
  alpha: 0.05,
  minRows: 200,
  numericEffect: 'wasserstein_per_sigma',
  categoricalEffect: 'jensen_shannon',
  thresholds: {
    wasserstein_per_sigma: 0.1,
    jensen_shannon: 0.1,
    psi: 0.2,
    cramers_v: 0.1,
    missing_share: 0.05,
    prediction: 0.1,
    target: 0.1,
    auc_drop: 0.02,
  },
};

/** What a caller changes of the defaults. */
export type DriftOverrides = Partial<Omit<DriftSettings, 'thresholds'>> & {
  readonly thresholds?: Partial<DriftSettings['thresholds']> | undefined;
};

/** @throws {RangeError} alpha is not in (0, 1), minRows is below 2, or a threshold is negative or not a number */
export function driftSettings(overrides: DriftOverrides = {}): DriftSettings {
  const settings = { ...DRIFT_DEFAULTS, ...overrides, thresholds: { ...DRIFT_DEFAULTS.thresholds, ...overrides.thresholds } };
  if (!(settings.alpha > 0 && settings.alpha < 1)) throw new RangeError(`alpha is ${settings.alpha}; it must lie between 0 and 1`);
  if (!(settings.minRows >= 2)) throw new RangeError(`minRows is ${settings.minRows}; it must be at least 2`);
  for (const [name, threshold] of Object.entries(settings.thresholds))
    if (!(threshold >= 0)) throw new RangeError(`the threshold ${name} is ${threshold}; it must be a number of at least 0`);
  return settings;
}
