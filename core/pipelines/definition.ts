import type { CanarySettings, Strategy } from '#core/rollout/index.ts';
import type { HyperparameterValue } from './hyperparameters.ts';

export const COLUMN_TYPES = ['integer', 'number', 'category', 'datetime', 'boolean'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export const COLUMN_ROLES = ['feature', 'target', 'time', 'ignore'] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

export const ALGORITHMS = ['gradient_boosting', 'logistic_regression'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Metrics that are a function of the rows: of these the difference between two models on the same rows has an interval. */
export const ROW_METRICS = ['auc', 'average_precision', 'log_loss', 'brier', 'ece', 'f1', 'precision', 'recall', 'accuracy'] as const;
export type RowMetric = (typeof ROW_METRICS)[number];

export const METRICS = [...ROW_METRICS, 'latency_p50_ms', 'latency_p95_ms', 'model_bytes'] as const;
export type MetricName = (typeof METRICS)[number];

/** One column of the dataset as it is uploaded. */
export interface ColumnDefinition {
  readonly type: ColumnType;
  readonly role: ColumnRole;
  /** A missing value is part of the data: it is kept, and the model has to cope with it. */
  readonly nullable: boolean;
  /** Largest share of missing values; the quality limit of the pipeline unless said. */
  readonly maxMissing?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A row is kept, or a boolean is true, when the column passes every comparison named. */
export interface Comparison {
  readonly column: string;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly oneOf?: readonly (string | number | boolean)[] | undefined;
}

export type PrepareStep =
  | { readonly keep: Comparison }
  | {
      readonly derive: Omit<Comparison, 'column'> & { readonly column: string; readonly from: string; readonly role: 'feature' | 'target' };
    };

export interface QualityLimits {
  /** Largest share of missing values in a column that is not nullable. */
  readonly missing: number;
  /** Largest share of values outside a column's range. */
  readonly outOfRange: number;
  /** Largest share of rows that repeat an earlier row exactly. */
  readonly duplicates: number;
  readonly minRows: number;
  /** Columns whose values together must never repeat. */
  readonly unique?: readonly string[] | undefined;
  /** The newest value of `column` may be at most this much older than the moment of the execution. */
  readonly freshness?: { readonly column: string; readonly maxHours: number } | undefined;
}

export interface SplitShares {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export type SplitDefinition =
  | {
      readonly by: 'time';
      readonly column: string;
      /** Rows before this moment train; UTC, `2001-03-01` or RFC 3339. */
      readonly trainUntil?: string | undefined;
      /** Rows from there and before this moment validate; the rest tests. */
      readonly validationUntil?: string | undefined;
      readonly shares?: SplitShares | undefined;
      /**
       * Whole UTC days, counted back from the day of the newest row, which is the last one of the test rows; the days before those
       * validate, and what is older trains.
       */
      readonly validationDays?: number | undefined;
      readonly testDays?: number | undefined;
      /** Only so many days before the validation days train. */
      readonly trainDays?: number | undefined;
    }
  | { readonly by: 'random'; readonly seed: number; readonly shares: SplitShares };

export interface TrainingDefinition {
  readonly image: 'sklearn';
  readonly algorithm?: Algorithm | undefined;
  /** The user's own tarball, uploaded as kind `source`. */
  readonly source?: { readonly sha256: string; readonly entryPoint: string } | undefined;
  readonly hyperparameters: Readonly<Record<string, HyperparameterValue>>;
  readonly instanceType: string;
  readonly maxRuntimeMinutes: number;
  /** Of the job's disk: rows, model and whatever the script writes. @default 30 */
  readonly volumeGB?: number | undefined;
  readonly seed: number;
}

export interface EvaluationDefinition {
  /** A row is called positive from this score on. */
  readonly threshold: number;
  readonly resamples: number;
  /** Two-sided level of the intervals. */
  readonly confidence: number;
  /** Category or boolean columns whose values are also measured one by one. */
  readonly segments: readonly string[];
}

/** Exactly one of `atLeast`, `atMost` and `noWorseThan`. */
export interface GateDefinition {
  readonly metric: MetricName;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  /** The version that the pipeline's alias points at. */
  readonly noWorseThan?: 'champion' | undefined;
  /** By how much worse than the champion it may be, in the metric's unit; 0 unless said. */
  readonly margin?: number | undefined;
  /** `bound` asks the pessimistic end of the interval, `point` the estimate itself. */
  readonly on: 'bound' | 'point';
}

export interface DeploymentDefinition {
  readonly model: string;
  readonly alias: string;
  readonly strategy: Strategy;
  /** Of the strategy `canary`, which has defaults. */
  readonly canary?: CanarySettings | undefined;
}

/** One whole pipeline, defaults filled in and overrides applied. */
export interface PipelineDefinition {
  readonly pipeline: string;
  readonly description: string;
  readonly dataset: string;
  readonly schema: Readonly<Record<string, ColumnDefinition>>;
  readonly quality: QualityLimits;
  readonly prepare: readonly PrepareStep[];
  readonly split: SplitDefinition;
  readonly training: TrainingDefinition;
  readonly evaluation: EvaluationDefinition;
  readonly gates: readonly GateDefinition[];
  readonly approval: { readonly required: boolean; readonly timeoutHours: number };
  readonly deployment: DeploymentDefinition;
}

/** What one `pipeline.yaml` says: the pipeline, and what it becomes in each environment it names. */
export interface PipelineSource {
  readonly base: PipelineDefinition;
  readonly environments: Readonly<Record<string, PipelineDefinition>>;
}
