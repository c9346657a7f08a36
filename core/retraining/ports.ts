import type { Decision, PastStart } from './decide-retraining.ts';
import type { RetrainingPolicy } from './policy.ts';

/** A scan whose drift asks for a decision, with the policy of its monitor as it is now. */
export interface Finding {
  readonly scan: string;
  readonly monitorId: string;
  readonly monitor: string;
  readonly modelId: string;
  readonly model: string;
  /** Names of what drifted, of those the monitor alerts on. */
  readonly what: readonly string[];
  /** As the scan named it, by `causeOf`. */
  readonly cause: string;
  readonly policy: RetrainingPolicy | null;
}

export interface Retraining extends Decision {
  readonly id: string;
  readonly model: string;
  readonly monitor: string;
  readonly scan: string;
  readonly cause: string;
  readonly executionId: string | null;
  /** Of the tenant's policy that was in force. */
  readonly policyVersion: number;
  readonly decidedAt: Date;
}

export interface NewRetraining extends Decision {
  readonly finding: Pick<Finding, 'scan' | 'monitorId' | 'modelId'>;
  readonly cause: string;
  readonly executionId: string | null;
  readonly policyVersion: number;
}

export interface Retrainings {
  /** What a finished scan found; its monitor stays locked until the transaction ends, so that decisions of one monitor queue up. */
  lockFinding(scan: string): Promise<Finding | undefined>;
  ofScan(scan: string): Promise<Retraining | undefined>;
  /** What the monitor has started since then, and what it started before and has not ended; newest first. */
  startsOf(monitorId: string, since: Date): Promise<readonly PastStart[]>;
  /** The version an alias points at, and the dataset version it learned from. */
  trainedOn(
    model: string,
    alias: string,
  ): Promise<{ readonly version: number; readonly dataset: string | null; readonly datasetVersion: number | null } | undefined>;
  add(retraining: NewRetraining, now: Date): Promise<Retraining>;
  /** Decisions about a model, newest first. */
  list(
    model: string,
    page: { readonly limit: number; readonly after?: { readonly decidedAt: Date; readonly id: string } | undefined },
  ): Promise<readonly Retraining[]>;
}
