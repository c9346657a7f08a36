import type { ModelVersion } from '#core/registry/index.ts';

/** A file's rows, named by their content. */
export interface LineagePart {
  readonly sha256: string;
  readonly rows: number;
  readonly from: string | null;
  readonly until: string | null;
}

export interface LineageRollout {
  readonly id: string;
  readonly status: string;
  readonly alias: string;
  readonly baselineVersion: number | null;
  readonly reason: Readonly<Record<string, unknown>> | null;
  readonly policyVersion: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly judgements: readonly {
    readonly number: number;
    readonly step: number;
    readonly verdict: string;
    readonly checks: readonly unknown[];
    readonly decidedAt: Date;
  }[];
}

/** Where a model version came from and who let it serve. What a version was made without is null. */
export interface VersionLineage {
  readonly version: {
    readonly id: string;
    readonly number: number;
    readonly stage: ModelVersion['stage'];
    readonly deploymentStatus: ModelVersion['deploymentStatus'];
    readonly artifactSha256: string;
    readonly artifactBytes: number;
    readonly createdBy: string;
    readonly createdAt: Date;
  };
  readonly run: {
    readonly id: string;
    readonly experiment: string;
    readonly name: string;
    readonly status: string;
    readonly params: Readonly<Record<string, string>>;
    readonly metrics: Readonly<Record<string, number>>;
  } | null;
  readonly execution: {
    readonly id: string;
    readonly status: string;
    readonly environment: string | null;
    readonly createdBy: string;
    readonly createdAt: Date;
    readonly endedAt: Date | null;
  } | null;
  /** The decision that ordered the execution; null when a person or a service did. */
  readonly retraining: {
    readonly id: string;
    readonly monitor: string;
    readonly scan: string;
    readonly cause: string;
    readonly reason: string;
    readonly decidedAt: Date;
    /** The window in which the scan found what asked for it. */
    readonly window: { readonly from: Date; readonly to: Date };
  } | null;
  readonly pipeline: { readonly name: string; readonly version: number; readonly sourceSha256: string } | null;
  readonly dataset: {
    readonly name: string;
    readonly version: number;
    readonly label: string | null;
    readonly sha256: string;
    readonly bytes: number;
    readonly createdBy: string;
    readonly createdAt: Date;
  } | null;
  /** The rows of each part of the split. */
  readonly rows: Readonly<Record<string, LineagePart>> | null;
  readonly training: { readonly job: string; readonly seconds: number | null } | null;
  readonly evaluation: {
    readonly id: string;
    readonly rows: number;
    readonly rowsSha256: string;
    readonly metrics: Readonly<Record<string, unknown>>;
  } | null;
  readonly gates: readonly {
    readonly gate: string;
    readonly metric: string;
    readonly comparison: string;
    readonly observed: number | null;
    readonly threshold: number;
    readonly passed: boolean;
    readonly reason: string;
    /** Of the tenant's policy that was in force. */
    readonly policyVersion: number;
    readonly decidedAt: Date;
  }[];
  readonly approval: {
    readonly id: string;
    readonly status: string;
    readonly author: string;
    readonly decidedBy: string | null;
    readonly decidedAt: Date | null;
    readonly comment: string | null;
    readonly policyVersion: number;
  } | null;
  /** The one that had put the version to work, or was about to, when the prediction was made. */
  readonly rollout: LineageRollout | null;
}

export interface Lineages {
  /** `at`: when the version served; a version may be rolled out more than once. */
  ofVersion(versionId: string, at: Date): Promise<VersionLineage | undefined>;
}
