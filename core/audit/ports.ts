import type { AuditRow } from './audit-row.ts';
import type { SealedRow } from './check-links.ts';
import type { Segment } from './segment.ts';

/** The sealer's side of a tenant's chain. */
export interface AuditSealing {
  /**
   * Gives the next rows their places, at most `limit`, in a transaction of its own; undefined when none waits. Sealers of one tenant
   * queue up, writers never do. A row that is committed late, with a lower seq than one that has its place, gets a later place.
   */
  seal(tenant: string, limit: number): Promise<Segment | undefined>;
  /** Segments whose evidence nobody has found in its place yet, oldest first. */
  notKept(tenant: string, limit: number): Promise<readonly Segment[]>;
  /** The hash before the segment and its rows in the order of their places. */
  contentOf(tenant: string, segment: Segment): Promise<{ readonly previous: string; readonly rows: readonly AuditRow[] }>;
  /** Marking again changes nothing. */
  kept(tenant: string, segment: Segment): Promise<void>;
}

/** A row that should have had a place, or should not be there. */
export interface OddRow {
  readonly id: string;
  readonly action: string;
  readonly subject: string;
  /** Its seq is one that the sealer has left behind for good: no transaction of the application can have written it so late. */
  readonly late: boolean;
  /** Facts of its subject were recorded at all. */
  readonly counted: boolean;
}

export interface OddSubject {
  readonly subject: string;
  readonly facts: number;
  readonly rows: number;
}

/** The verifier's side, within a transaction of the tenant. */
export interface AuditPages {
  /** The segments after this number, by number. */
  segments(after: number, limit: number): Promise<readonly Segment[]>;
  /** By position, both ends included; a seal whose row is gone too. */
  places(first: number, last: number): Promise<readonly SealedRow[]>;
  /** Looks through the next rows by seq for one without a place that is late or older than `before`, or whose subject is unknown. */
  oddRow(after: number, limit: number, before: Date): Promise<{ readonly through: number | undefined; readonly odd?: OddRow | undefined }>;
  /** Looks through the next subjects for one that has not as many rows as facts were recorded of it. */
  oddSubject(after: string, limit: number): Promise<{ readonly through: string | undefined; readonly odd?: OddSubject | undefined }>;
}

export interface AuditFilter {
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
  readonly principal?: string | undefined;
  readonly from?: Date | undefined;
  /** Not included. */
  readonly until?: Date | undefined;
}

export interface AuditEntry {
  readonly row: AuditRow;
  /** Null until it is sealed. */
  readonly place: { readonly position: number; readonly hash: string } | null;
}

/** What happened, newest first. */
export interface AuditTrail {
  list(filter: AuditFilter, page: { readonly limit: number; readonly before?: number | undefined }): Promise<readonly AuditEntry[]>;
}

/** Where evidence is put that nobody can change any more, not even the owner of the database. */
export interface EvidenceKeeping {
  /** Puts a text where nothing is. What is there already stays as it is: the verifier, who may read, compares. */
  keep(key: string, text: string): Promise<void>;
}

export interface Evidence {
  read(key: string): Promise<string | undefined>;
  /** Keys of the folder that come after this one, rising; whether the key itself is there does not matter. */
  after(folder: string, key: string, limit: number): Promise<readonly string[]>;
}
