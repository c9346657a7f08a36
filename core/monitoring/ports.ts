import type { DriftJudgement } from '#core/drift/index.ts';
import type { AlertSubject, Monitor, MonitorSettings, Reference, Window } from './monitor.ts';
import type { Scan, ScanFailure, ScanStatus, ScanSummary, ScanVerdict } from './scan.ts';

export interface Monitors {
  find(model: string, name: string): Promise<Monitor | undefined>;
  findById(id: string): Promise<Monitor | undefined>;
  /** The same with its row locked until the transaction ends, so that two who plan its scans queue up. */
  lock(id: string): Promise<Monitor | undefined>;
  /** The caller holds the model's lock, so that two who make one of the same name queue up. */
  add(
    monitor: { readonly modelId: string; readonly name: string; readonly settings: MonitorSettings },
    createdBy: string,
    now: Date,
  ): Promise<Monitor>;
  /** Compare-and-set on `revision`; throws `moved_meanwhile` if someone else changed it first. */
  change(at: Monitor, to: { readonly settings?: MonitorSettings; readonly state?: Monitor['state'] }, now: Date): Promise<Monitor>;
  /** Of every model, whatever its state. */
  all(): Promise<readonly Monitor[]>;
  /** By name; `after` is the name of the last one seen. */
  list(model: string, page: { readonly limit: number; readonly after?: string | undefined }): Promise<readonly Monitor[]>;
}

/** What is known of a window when the next scans are chosen. */
export interface KnownWindow extends Window {
  readonly status: ScanStatus;
  readonly attempts: number;
  readonly startedAt: Date;
  /** The run that has it under way, or had; null for one from before runs were kept. */
  readonly run?: string | null;
}

export interface ScanResult {
  readonly modelVersionId: string | null;
  readonly verdict: ScanVerdict;
  readonly rows: number;
  readonly labelled: number;
  readonly summary: ScanSummary;
  readonly reportKey: string;
}

export interface Scans {
  find(id: string): Promise<Scan | undefined>;
  lock(id: string): Promise<Scan | undefined>;
  /**
   * The window's one scan, running: made when there is none, taken over when it is running or failed; undefined when it has
   * succeeded. The caller holds the monitor's lock.
   */
  begin(
    scan: {
      readonly monitorId: string;
      readonly window: Window;
      readonly asOf: Date;
      readonly run?: string | undefined;
      readonly traceparent?: string | undefined;
    },
    now: Date,
  ): Promise<Scan | undefined>;
  /** Those that a run began, or took over, last. */
  ofRun(run: string): Promise<readonly Pick<Scan, 'id' | 'status'>[]>;
  /** The caller holds the scan's lock. */
  succeed(id: string, result: ScanResult, now: Date): Promise<void>;
  /** The caller holds the scan's lock. */
  fail(id: string, failure: ScanFailure, now: Date): Promise<void>;
  /** Every window that has a scan and ends after `from`. */
  windows(monitorId: string, from: Date): Promise<readonly KnownWindow[]>;
  /** Newest window first; `before` is the last one seen. */
  list(
    monitorId: string,
    page: { readonly limit: number; readonly before?: { readonly to: Date; readonly id: string } | undefined },
  ): Promise<readonly Scan[]>;
  /** Of each monitor of the model the scan that ended last. */
  latestOfModel(modelId: string): Promise<readonly Scan[]>;
}

/** The report of a scan in full, as JSON. */
export interface Reports {
  /** Keeps the report unless the scan has one. */
  putOnce(tenant: string, scan: string, report: ScanReport): Promise<void>;
  find(tenant: string, scan: string): Promise<ScanReport | undefined>;
}

/** Plain JSON throughout. */
export interface ScanReport {
  readonly scan: string;
  readonly monitor: string;
  readonly model: string;
  readonly versionId: string | null;
  readonly version: number | null;
  readonly window: { readonly from: string; readonly to: string };
  readonly asOf: string;
  readonly reference: Reference;
  readonly minRows: number;
  readonly alertOn: readonly AlertSubject[];
  readonly files: number;
  readonly rows: number;
  readonly labelled: number;
  readonly verdict: ScanVerdict;
  /** What the judge of drift said, pictures included. */
  readonly judgement: DriftJudgement;
}
