export const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** Ids are 32 hexadecimal digits and times epoch milliseconds, as MLflow's clients expect them. */
export interface Run {
  readonly id: string;
  readonly experiment: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly userId: string;
  readonly artifactUri: string;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The latest value of each metric: highest step, then time, then value. */
  readonly metrics: readonly Metric[];
}

export interface RunLog {
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly metrics?: readonly Metric[];
}

export interface Experiments {
  /** The experiment of this name, made when missing. */
  ensure(name: string): Promise<{ readonly id: string }>;
  list(page: { readonly limit: number; readonly after?: string | undefined }): Promise<readonly Experiment[]>;
}

export interface Runs {
  /** Starting a run whose id is there already changes nothing. */
  start(run: {
    readonly id: string;
    readonly experimentId: string;
    readonly name: string;
    readonly userId: string;
    readonly artifactUri: string;
    readonly startTime: number;
  }): Promise<void>;
  /** Metrics and tags may be logged again; a param keeps its first value and another one is refused as `already_exists`. */
  log(run: string, entries: RunLog): Promise<void>;
  finish(run: string, status: RunStatus, endTime: number): Promise<void>;
  find(id: string): Promise<Run | undefined>;
  /** Newest first. */
  list(
    experiment: string,
    page: { readonly limit: number; readonly before?: { readonly startTime: number; readonly id: string } | undefined },
  ): Promise<readonly Run[]>;
}
