import type { CallRecord } from './call-record.ts';
import type { Columns } from './pack-rows.ts';
import type { PredictionFile } from './prediction-file.ts';
import type { PredictionMessage, PredictionRecord } from './prediction-record.ts';
import type { Arm, RoutingEntry } from './routing.ts';
import type { Signature } from './signature.ts';

export interface Routing {
  read(tenant: string, model: string): Promise<RoutingEntry | undefined>;
  /**
   * Compare-and-set by revision: an older revision never replaces a newer one and counts as done, as the same entry again does.
   * @throws {DomainError} `moved_meanwhile` when another entry of the same revision is there
   * @throws {StoreUnavailable}
   */
  write(entry: RoutingEntry): Promise<void>;
}

/** A model in memory. */
export interface ServedModel {
  readonly signature: Signature;
  /** The probability of the positive class for each row. */
  score(columns: Columns, rows: number): Promise<Float32Array>;
}

export interface ServedModels {
  load(arm: Arm): Promise<ServedModel>;
}

export interface Stopwatch {
  /** Milliseconds since some moment, never running backwards. */
  now(): number;
  /** What the work comes to, or a rejection when so many milliseconds have passed. */
  within<T>(ms: number, work: Promise<T>): Promise<T>;
}

export interface PredictionQueue {
  /** Returns when the message is kept durably. Delivery is at least once. */
  send(message: PredictionMessage): Promise<void>;
}

/** Recent predictions by id, and which file of the archive each row belongs to. */
export interface PredictionLog {
  /** Keeps the files' rows until `close`; doing it twice changes nothing. */
  open(tenant: string, files: readonly PredictionFile[]): Promise<void>;
  /**
   * Stores the rows that are not there yet as belonging to the file that brings them, and tells of every row which file it belongs
   * to, by row id. A row never changes its file.
   */
  claim(tenant: string, files: readonly PredictionFile[]): Promise<ReadonlyMap<string, string>>;
  /** The files among `keys` that are open. */
  stillOpen(tenant: string, keys: readonly string[]): Promise<readonly PredictionFile[]>;
  /** The files that were opened in this time and are open; some of them when there are many. */
  openedIn(tenant: string, time: { readonly from: Date; readonly to: Date }): Promise<readonly PredictionFile[]>;
  close(tenant: string, keys: readonly string[]): Promise<void>;
}

/** The log that scans read: immutable files of rows. */
export interface PredictionArchive {
  /** Writes each file unless it is there already. */
  write(files: readonly PredictionFile[]): Promise<void>;
}

export interface Predictions {
  find(tenant: string, id: string): Promise<PredictionRecord | undefined>;
  /** When each of the predictions that have been logged was given. */
  givenAt(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, Date>>;
}

/** A stretch of time: `from` is in it, `to` is not; without `to` it goes on. */
export interface CallsQuery {
  readonly from: Date;
  readonly to?: Date | undefined;
  /** At most so many, the newest ones. @default no limit */
  readonly limit?: number | undefined;
}

/** The calls of the last 30 days, one record for each call and version that had rows of it. */
export interface Calls {
  /** Stores the calls that are not there yet: one that is delivered again counts once. */
  insertOnce(tenant: string, calls: readonly CallRecord[]): Promise<void>;
  /** Oldest first. */
  ofVersion(tenant: string, query: CallsQuery & { readonly versionId: string }): Promise<readonly CallRecord[]>;
  /** Oldest first. */
  ofModel(tenant: string, query: CallsQuery & { readonly modelId: string }): Promise<readonly CallRecord[]>;
}

export interface Label {
  readonly predictionId: string;
  readonly value: boolean;
  readonly observedAt: string;
  readonly receivedAt: string;
  readonly recordedBy: string;
  /** Its prediction was not in the log when it came. */
  readonly early?: boolean | undefined;
}

/** The first value that came, and the other one if somebody sent it later. */
export interface StoredLabel extends Label {
  readonly contradictedBy: readonly string[];
}

export interface Labels {
  /** Stores the labels whose prediction has none yet and returns their ids. Of two racing writers one wins. */
  insertOnce(tenant: string, labels: readonly Label[]): Promise<ReadonlySet<string>>;
  find(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredLabel>>;
  /** The values alone, for many predictions at once. */
  values(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, boolean>>;
  /** Remembers that `by` sent the other value; repeating it changes nothing. */
  contradict(tenant: string, contradictions: readonly { readonly predictionId: string; readonly by: string }[]): Promise<void>;
}
