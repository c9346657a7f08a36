import type { BatchFormat, BatchStatus } from './batch-status.ts';

/** Why a batch failed: a refusal's code with its facts, and the state of the machine it happened at, unless the machine was ended from outside. */
export type BatchFailure = Readonly<Record<string, unknown>> & { readonly code: string; readonly at?: string };

/** The predictions of one version for every row of one file. */
export interface Batch {
  readonly id: string;
  readonly model: string;
  readonly modelId: string;
  readonly version: number;
  readonly versionId: string;
  readonly inputKey: string;
  readonly inputSha256: string;
  readonly format: BatchFormat;
  readonly status: BatchStatus;
  /** Known once the file was looked at. */
  readonly parts: number | null;
  readonly rows: number | null;
  /** Known once every row has its answer. */
  readonly badRows: number | null;
  readonly outputKey: string | null;
  /** None when no row was bad. */
  readonly badRowsKey: string | null;
  readonly failure: BatchFailure | null;
  readonly createdBy: string;
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

export type NewBatch = Pick<Batch, 'modelId' | 'versionId' | 'inputKey' | 'inputSha256' | 'format' | 'createdBy'> & {
  readonly traceparent?: string | undefined;
};

/** Where a batch has got to, and what is known from then on. */
export type BatchProgress =
  | { readonly status: 'running'; readonly parts?: number; readonly rows?: number }
  | { readonly status: 'succeeded'; readonly badRows: number; readonly outputKey: string; readonly badRowsKey: string | null }
  | { readonly status: 'failed'; readonly failure: BatchFailure };

export interface Batches {
  /** As `queued`. */
  add(batch: NewBatch, now: Date): Promise<Batch>;
  find(id: string): Promise<Batch | undefined>;
  /** The batch with its row locked until the transaction ends. */
  lock(id: string): Promise<Batch | undefined>;
  /** The caller holds the batch's lock. */
  change(id: string, to: BatchProgress, now: Date): Promise<void>;
  /** Those of one model, newest first; `after` is the last one seen. */
  list(page: {
    readonly model: string;
    readonly limit: number;
    readonly after?: { readonly createdAt: Date; readonly id: string } | undefined;
  }): Promise<readonly Batch[]>;
}
