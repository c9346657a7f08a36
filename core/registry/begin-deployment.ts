import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { RoutingEntry } from '#core/serving/index.ts';
import { mayDeploy } from './deployment-status.ts';
import type { Deployment, Deployments, Models, ModelVersion, ModelVersions } from './ports.ts';

export interface BeginDeployment {
  readonly model: string;
  readonly version: number;
  /** The execution that orders it; the same order is carried out once. */
  readonly execution: string;
}

export interface BeginDeploymentTx extends Recorder {
  readonly models: Models;
  readonly modelVersions: ModelVersions;
  readonly deployments: Deployments;
}

/**
 * Writes down that a version is to serve and takes the model's next revision for it. What served before still does: it gives way
 * when the returned entry is in the routing table and `completeDeployment` has said so. Safe to retry: the same execution gets
 * the same entry, which a routing table with a later one takes as done.
 */
export async function beginDeployment(
  tx: BeginDeploymentTx,
  ctx: Context,
  { model, version, execution }: BeginDeployment,
): Promise<RoutingEntry> {
  const { id: modelId } = await tx.models.lock(model, ctx.principal.id);
  const next = await tx.modelVersions.find(model, version);
  if (!next) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
  const begun = await tx.deployments.ofExecution(execution);
  if (begun?.status === 'failed') throw new DomainError({ code: 'wrong_stage', expected: 'deploying', actual: begun.status });
  if (begun) return routingOf(ctx.tenant, next, begun);

  if (next.deploymentStatus !== 'live' && mayDeploy(next.deploymentStatus, 'deploying')) {
    await tx.modelVersions.move(next, { deploymentStatus: 'deploying' }, ctx.now);
  }
  const arm = { versionId: next.id, version, artifactKey: next.artifactKey, signatureKey: next.signatureKey, weight: 1 };
  const order = { modelId, modelVersionId: next.id, executionId: execution, arms: [arm] };
  const deployment = await tx.deployments.add(order, ctx.principal.id, ctx.now);
  const data = { model, version, revision: deployment.revision, execution };
  tx.record({ type: 'model.deployment.begun.v1', subject: `model/${model}`, data });
  return routingOf(ctx.tenant, next, deployment);
}

function routingOf(tenant: string, version: ModelVersion, { modelId, revision, arms }: Deployment): RoutingEntry {
  const { id: versionId, model, number, artifactKey, signatureKey } = version;
  return { tenant, model, modelId, versionId, version: number, artifactKey, signatureKey, revision, unserved: 0, arms };
}
