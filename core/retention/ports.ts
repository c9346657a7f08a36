import type { Retention, RetentionSetting } from '#core/governance/index.ts';

/** One version of an object, also one that another has taken the place of. */
export interface StoredVersion {
  readonly key: string;
  readonly id: string;
  readonly bytes: number;
  readonly storedAt: Date;
}

export interface AgedObjects {
  /** All below a folder of the tenant's, a page at a time. */
  versions(tenant: string, folder: string): AsyncIterable<readonly StoredVersion[]>;
  /** For good. One that is gone is no error; one of another tenant, or that is always kept, is. */
  remove(tenant: string, versions: readonly StoredVersion[]): Promise<void>;
}

export type AgedCollection = 'predictions' | 'prediction_files' | 'calls' | 'labels';

export interface AgedDocuments {
  count(tenant: string, collection: AgedCollection, before: Date): Promise<number>;
  /** When the oldest was received that was not before. */
  oldest(tenant: string, collection: AgedCollection, from: Date): Promise<Date | undefined>;
  /** Some of them, the oldest first; false once none is left. */
  removeSome(tenant: string, collection: AgedCollection, before: Date): Promise<boolean>;
  removeReports(tenant: string, scans: readonly string[]): Promise<void>;
}

/** What must not go, however old it is. */
export interface InUse {
  /** Of the policy in force. */
  readonly policyVersion: number;
  /** Keys, and folders with their slash. */
  readonly held: ReadonlySet<string>;
  /** While a scan reads labels, none goes. */
  readonly scanning: boolean;
}

export interface DataInUse {
  /** As of now; whoever begins something after it is seen by `whileNobodyBegins`. */
  look(tenant: string, batchesEndedBefore: Date | undefined): Promise<InUse>;
  /**
   * Does the work, told what executions and batches hold, while neither a step nor a batch can begin: one that finds files that were
   * there before counts on them. That steps are recorded for these inputs is taken back where nobody holds what they left.
   */
  whileNobodyBegins(
    tenant: string,
    ask: { readonly inputHashes: readonly string[]; readonly batchesEndedBefore: Date | undefined },
    work: (held: ReadonlySet<string>) => Promise<void>,
  ): Promise<void>;
}

/** What goes of one kind. */
export interface Removed {
  readonly setting: RetentionSetting;
  readonly days: number;
  readonly before: Date;
  readonly objects: number;
  readonly bytes: number;
  readonly documents: number;
}

/** A tenant whose policy says how long something is kept. */
export interface Retained {
  readonly tenant: string;
  readonly policyVersion: number;
  readonly retention: Retention;
  /** When to look next. */
  readonly dueAt: Date;
  /** Of a look that has begun and not ended. */
  readonly asOf: Date | undefined;
}

/** Those tenants, where nobody has to wake a database. */
export interface RetainedTenants {
  /** Unless this version or a later one is known. */
  enter(tenant: Omit<Retained, 'asOf'>): Promise<void>;
  /** Unless a later version is known. */
  leave(tenant: string, policyVersion: number): Promise<void>;
  due(now: Date): Promise<readonly Retained[]>;
  /** The moment that the look is as of: the one that broke off goes on as of its own. Undefined when another version came in. */
  begin(at: Retained, now: Date): Promise<Date | undefined>;
  /** Nothing happens where another version came in. */
  finish(at: Retained, asOf: Date, dueAt: Date): Promise<void>;
}
