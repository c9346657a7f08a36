import type { Context } from '#core/kernel/index.ts';
import type { PipelineSource } from './definition.ts';
import type { ExecutionStatus } from './execution-status.ts';
import type { Plan } from './plan.ts';

/** A failure as it is stored: a refusal's own facts, or `{ code, reason }` of a defect. */
export interface StepFailure {
  readonly code: string;
  readonly [fact: string]: unknown;
}

/** The diary of steps; every call is a transaction of its own, so that an attempt stays visible when the step dies. */
export interface StepLog {
  /** Opens the next attempt. With a result recorded for the same inputs the attempt is closed as `reused` and the result returned. */
  begin(
    ctx: Context,
    at: { execution: string; step: string; inputHash: string },
  ): Promise<{ attempt: number; recorded?: Readonly<Record<string, unknown>> | undefined }>;
  /** Closes the attempt and records the result unless one is there already; returns the one that is recorded now. */
  succeed(
    ctx: Context,
    at: { execution: string; step: string; attempt: number; inputHash: string; output: Readonly<Record<string, unknown>> },
  ): Promise<Readonly<Record<string, unknown>>>;
  fail(
    ctx: Context,
    at: { execution: string; step: string; attempt: number; status: 'refused' | 'failed'; failure: StepFailure },
  ): Promise<void>;
}

export interface StepRecord {
  readonly step: string;
  readonly attempt: number;
  readonly status: 'running' | 'succeeded' | 'reused' | 'refused' | 'failed';
  readonly inputHash: string | null;
  readonly output: Readonly<Record<string, unknown>> | null;
  readonly failure: StepFailure | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

export interface Steps {
  begin(
    at: { execution: string; step: string; inputHash: string },
    now: Date,
  ): Promise<{ attempt: number; recorded?: Readonly<Record<string, unknown>> }>;
  succeed(
    at: { execution: string; step: string; attempt: number; inputHash: string; output: Readonly<Record<string, unknown>> },
    now: Date,
  ): Promise<Readonly<Record<string, unknown>>>;
  fail(
    at: { execution: string; step: string; attempt: number; status: 'refused' | 'failed'; failure: StepFailure },
    now: Date,
  ): Promise<void>;
  /** The result recorded for these inputs, whoever computed it. */
  recorded(step: string, inputHash: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** What the step gave in this execution; undefined before it succeeded. */
  outputOf(execution: string, step: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  list(execution: string): Promise<readonly StepRecord[]>;
}

export interface Pipeline {
  readonly id: string;
  readonly name: string;
  readonly latest: number;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface PipelineVersion {
  readonly id: string;
  readonly pipeline: string;
  readonly number: number;
  readonly source: string;
  readonly sourceSha256: string;
  readonly definition: PipelineSource;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface Pipelines {
  /** The pipeline's row, made when missing, locked until the transaction ends, so that two writers number their versions in turn. */
  lock(name: string, createdBy: string): Promise<{ id: string }>;
  versionBySource(pipelineId: string, sourceSha256: string): Promise<PipelineVersion | undefined>;
  addVersion(
    pipelineId: string,
    version: { source: string; sourceSha256: string; definition: PipelineSource; createdBy: string },
  ): Promise<PipelineVersion>;
  /** The newest version unless a number is named. */
  find(name: string, number?: number): Promise<PipelineVersion | undefined>;
  list(page: { limit: number; after?: string | undefined }): Promise<readonly Pipeline[]>;
}

export interface Execution {
  readonly id: string;
  readonly pipeline: string;
  readonly pipelineVersion: number;
  readonly dataset: string;
  readonly datasetVersion: number;
  readonly datasetVersionId: string;
  readonly datasetKey: string;
  readonly datasetSha256: string;
  readonly environment: string | null;
  readonly plan: Plan;
  /** Of the policy that let it start. */
  readonly policyVersion: number;
  readonly status: ExecutionStatus;
  readonly failure: StepFailure | null;
  readonly runId: string | null;
  readonly modelVersionId: string | null;
  readonly revision: number;
  readonly createdBy: string;
  readonly createdByKind: 'user' | 'service';
  /** Of the call that started it, so that its steps continue the same trace. */
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

export interface NewExecution {
  readonly pipelineVersionId: string;
  readonly datasetVersionId: string;
  readonly environment?: string | undefined;
  readonly plan: Plan;
  readonly policyVersion: number;
  readonly createdBy: string;
  readonly createdByKind: 'user' | 'service';
  readonly traceparent?: string | undefined;
}

export interface ExecutionChange {
  readonly status?: ExecutionStatus;
  readonly failure?: StepFailure;
  readonly runId?: string;
  readonly modelVersionId?: string;
}

export interface Executions {
  add(execution: NewExecution, now: Date): Promise<{ id: string }>;
  find(id: string): Promise<Execution | undefined>;
  /** The same with its row locked until the transaction ends. */
  lock(id: string): Promise<Execution | undefined>;
  /** An execution of the pipeline that has not ended yet. */
  running(pipeline: string): Promise<{ id: string } | undefined>;
  change(id: string, change: ExecutionChange, now: Date): Promise<void>;
  list(page: {
    limit: number;
    after?: { createdAt: Date; id: string } | undefined;
    pipeline?: string | undefined;
    status?: ExecutionStatus | undefined;
  }): Promise<readonly Execution[]>;
}

/** A text with places: what the reader of `pipeline.yaml` needs to point at a mistake. */
export interface SourceDocument {
  readonly value: unknown;
  readonly errors: readonly { readonly line: number; readonly column: number; readonly message: string }[];
  /** Where the value of this path is written, or its nearest parent. */
  locate(path: readonly (string | number)[], which?: 'key' | 'value'): { readonly line: number; readonly column: number };
}
