import type { Arm } from '#core/serving/index.ts';
import type { DeploymentStatus } from './deployment-status.ts';
import type { Stage } from './stage.ts';

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, number>>;
  readonly latestVersion: number | null;
  readonly liveVersion: number | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ModelVersion {
  readonly id: string;
  readonly modelId: string;
  readonly model: string;
  readonly number: number;
  readonly label: string | null;
  readonly description: string;
  readonly stage: Stage;
  readonly deploymentStatus: DeploymentStatus;
  readonly runId: string | null;
  readonly executionId: string | null;
  readonly datasetVersionId: string | null;
  readonly evaluationId: string | null;
  readonly artifactKey: string;
  readonly artifactSha256: string;
  readonly artifactBytes: number;
  readonly signatureKey: string;
  readonly profileKey: string | null;
  readonly trainingKey: string | null;
  readonly signature: unknown;
  readonly tags: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewModelVersion = Pick<
  ModelVersion,
  | 'runId'
  | 'executionId'
  | 'datasetVersionId'
  | 'evaluationId'
  | 'artifactKey'
  | 'artifactSha256'
  | 'artifactBytes'
  | 'signatureKey'
  | 'profileKey'
  | 'trainingKey'
  | 'signature'
> &
  Partial<Pick<ModelVersion, 'label' | 'description'>>;

export interface Page {
  readonly limit: number;
}

export interface Models {
  /** The model's row, made when missing, locked until the transaction ends, so that two writers number their versions in turn. */
  lock(name: string, createdBy: string): Promise<{ readonly id: string }>;
  find(name: string): Promise<Model | undefined>;
  list(page: Page & { readonly after?: string | undefined }): Promise<readonly Model[]>;
  /** Replaces every tag of the model. */
  setTags(modelId: string, tags: Readonly<Record<string, string>>): Promise<void>;
}

export interface ModelVersions {
  /** Takes the next number of a model that the caller has locked. */
  add(modelId: string, version: NewModelVersion, createdBy: string, now: Date): Promise<ModelVersion>;
  find(model: string, number: number): Promise<ModelVersion | undefined>;
  findById(id: string): Promise<ModelVersion | undefined>;
  ofExecution(modelId: string, execution: string): Promise<ModelVersion | undefined>;
  /** Newest first; `before` is the number of the last one seen. */
  list(model: string, page: Page & { readonly before?: number | undefined }): Promise<readonly ModelVersion[]>;
  /** The version that serves under the model's name. */
  live(modelId: string): Promise<ModelVersion | undefined>;
  /** Compare-and-set on `revision`; throws `moved_meanwhile` if someone else moved it first. */
  move(at: ModelVersion, to: { readonly stage?: Stage; readonly deploymentStatus?: DeploymentStatus }, now: Date): Promise<ModelVersion>;
  /** Replaces every tag of the version, which gets the next revision. The caller holds the model's lock. */
  setTags(at: ModelVersion, tags: Readonly<Record<string, string>>, now: Date): Promise<ModelVersion>;
}

export interface Alias {
  readonly alias: string;
  readonly number: number;
  readonly revision: number;
  readonly setBy: string;
  readonly setAt: Date;
}

export interface Aliases {
  /** Whether rollouts of the model have moved it: it names what serves, and gates compare with it. */
  followsRollouts(modelId: string, alias: string): Promise<boolean>;
  /** The alias with its row locked until the transaction ends. */
  lock(modelId: string, alias: string): Promise<Alias | undefined>;
  put(modelId: string, alias: string, number: number, by: string, now: Date): Promise<Alias>;
}

/** What is meant to serve from one moment on; the routing table holds the newest one of the model. */
export interface Deployment {
  readonly id: string;
  readonly modelId: string;
  /** The version that is live while it serves; the one that was tried when there is none. */
  readonly modelVersionId: string;
  /** The rollout that ordered it, and which of its changes it is. */
  readonly rolloutId: string | null;
  readonly rolloutStep: number | null;
  readonly revision: number;
  readonly arms: readonly Arm[];
  /** Weight of the units that no version serves. */
  readonly unserved: number;
  readonly status: 'deploying' | 'live' | 'retired' | 'failed';
  readonly liveAt: Date | null;
}

export interface Deployments {
  /** In the order of their revisions. */
  ofRollout(rollout: string): Promise<readonly Deployment[]>;
  /** The one that the routing table holds, as far as Postgres knows. */
  live(modelId: string): Promise<Deployment | undefined>;
  /** Takes the model's next revision, as `deploying`. The caller holds the model's lock. */
  add(
    deployment: Pick<Deployment, 'modelId' | 'modelVersionId' | 'rolloutId' | 'rolloutStep' | 'arms' | 'unserved'>,
    createdBy: string,
    now: Date,
  ): Promise<Deployment>;
  /** The caller holds the model's lock. */
  move(id: string, to: 'live' | 'retired' | 'failed', now: Date): Promise<void>;
}
