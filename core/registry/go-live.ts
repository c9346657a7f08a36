import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { RoutingEntry } from '#core/serving/index.ts';
import { mayDeploy } from './deployment-status.ts';
import type { Aliases, Deployment, Deployments, Models, ModelVersion, ModelVersions } from './ports.ts';
import { climbToProduction, mayStep } from './stage.ts';

export interface GoLive {
  readonly model: string;
  readonly version: number;
  /** The execution that orders it; the same order is carried out once. */
  readonly execution: string;
  readonly alias: string;
}

export interface GoLiveTx extends Recorder {
  readonly models: Models;
  readonly modelVersions: ModelVersions;
  readonly aliases: Aliases;
  readonly deployments: Deployments;
}

/**
 * Makes a version the one that serves: it climbs to production, the one before it retires, the alias follows.
 * Returns what the caller must project into the routing table. Safe to retry: the same execution gets the same entry, which
 * the projection's revision guard ignores once a later one is in force.
 */
export async function goLive(tx: GoLiveTx, ctx: Context, { model, version, execution, alias }: GoLive): Promise<RoutingEntry> {
  const { id: modelId } = await tx.models.lock(model, ctx.principal.id);
  const next = await tx.modelVersions.find(model, version);
  if (!next) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
  const done = await tx.deployments.ofExecution(execution);
  if (done) return routingOf(ctx.tenant, next, done);

  const previous = await tx.modelVersions.live(modelId);
  if (previous && previous.id !== next.id) await retire(tx, ctx, previous);
  await promote(tx, ctx, next);
  const arm = { versionId: next.id, version, artifactKey: next.artifactKey, signatureKey: next.signatureKey, weight: 1 };
  const deployment = await tx.deployments.replace(
    { modelId, modelVersionId: next.id, executionId: execution, arms: [arm] },
    ctx.principal.id,
    ctx.now,
  );
  await tx.aliases.put(modelId, alias, version, ctx.principal.id, ctx.now);
  const data = { model, version, previousVersion: previous?.number ?? null, alias, revision: deployment.revision, execution };
  tx.record({ type: 'model.deployment.live.v1', subject: `model/${model}`, data });
  return routingOf(ctx.tenant, next, deployment);
}

async function promote(tx: GoLiveTx, ctx: Context, version: ModelVersion): Promise<void> {
  let at = version;
  for (const stage of climbToProduction(version.stage)) {
    mayStep(at.stage, stage);
    at = await tx.modelVersions.move(at, { stage }, ctx.now);
  }
  for (const deploymentStatus of version.deploymentStatus === 'live' ? [] : (['deploying', 'live'] as const)) {
    if (mayDeploy(at.deploymentStatus, deploymentStatus)) at = await tx.modelVersions.move(at, { deploymentStatus }, ctx.now);
  }
  if (at.stage === version.stage) return;
  const data = { model: version.model, version: version.number, from: version.stage, to: at.stage };
  tx.record({ type: 'model.version.promoted.v1', subject: `model/${version.model}/versions/${version.number}`, data });
}

async function retire(tx: GoLiveTx, ctx: Context, version: ModelVersion): Promise<void> {
  mayDeploy(version.deploymentStatus, 'retired');
  const archived = mayStep(version.stage, 'archived') ? ({ stage: 'archived' } as const) : {};
  await tx.modelVersions.move(version, { deploymentStatus: 'retired', ...archived }, ctx.now);
  const data = { model: version.model, version: version.number };
  tx.record({ type: 'model.version.retired.v1', subject: `model/${version.model}/versions/${version.number}`, data });
}

function routingOf(tenant: string, version: ModelVersion, { modelId, revision, arms }: Deployment): RoutingEntry {
  const { id: versionId, model, number, artifactKey, signatureKey } = version;
  return { tenant, model, modelId, versionId, version: number, artifactKey, signatureKey, revision, arms };
}
