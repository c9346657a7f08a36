import type { ColumnVerdict, PerformancePoint, PerformanceVerdict } from '#core/drift/index.ts';
import type { Window } from './monitor.ts';

export const SCAN_STATUSES = ['running', 'succeeded', 'failed'] as const;
export type ScanStatus = (typeof SCAN_STATUSES)[number];

export const SCAN_VERDICTS = ['drift', 'no_drift', 'insufficient'] as const;
export type ScanVerdict = (typeof SCAN_VERDICTS)[number];

/** One comparison of the report without its pictures. */
export type Finding = Omit<ColumnVerdict, 'bars' | 'newCategories'>;

/** What a scan found, as its row keeps it and the API shows it. The whole report is in Mongo. */
export interface ScanSummary {
  /** What a person reads first, `Drift: distance`. */
  readonly headline: string;
  /** How many files of the log the window was read from; what comes later is in no report. */
  readonly files: number;
  readonly columns: readonly Finding[];
  readonly prediction: Finding | null;
  readonly target: Finding | null;
  readonly performance: readonly PerformancePoint[];
  /** Whether the labels show that the model got worse; null without labels. */
  readonly decay: PerformanceVerdict | null;
  /** What drifted of the things the monitor alerts on; empty when nobody was told. */
  readonly alerted: readonly string[];
  /** Names what drifted, so that the same drift in the next window is known to be the same; null when nobody was told. */
  readonly cause: string | null;
}

export interface Scan {
  readonly id: string;
  readonly monitorId: string;
  readonly monitor: string;
  readonly modelId: string;
  readonly model: string;
  /** The version that served most rows of the window. */
  readonly modelVersionId: string | null;
  readonly modelVersion: number | null;
  readonly window: Window;
  readonly asOf: Date;
  readonly status: ScanStatus;
  readonly verdict: ScanVerdict | null;
  readonly rows: number | null;
  readonly labelled: number | null;
  readonly summary: ScanSummary | null;
  readonly reportKey: string | null;
  readonly failure: ScanFailure | null;
  readonly attempts: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** A refusal's own facts, or `{ code, reason }` of a defect. */
export interface ScanFailure {
  readonly code: string;
  readonly [fact: string]: unknown;
}
