import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { BeginDeployment, BeginDeploymentTx } from './begin-deployment.ts';
import { mayDeploy } from './deployment-status.ts';
import type { Aliases, Deployment, ModelVersion, ModelVersions } from './ports.ts';
import { climbToProduction, mayStep } from './stage.ts';

export interface CompleteDeployment extends BeginDeployment {
  readonly alias: string;
}

export interface CompleteDeploymentTx extends BeginDeploymentTx {
  readonly aliases: Aliases;
}

/**
 * Says that a version serves, once the routing table holds its entry: it climbs to production, the one before it retires, the
 * alias follows. Safe to retry. One that a later deployment has overtaken meanwhile retires at once.
 */
export async function completeDeployment(
  tx: CompleteDeploymentTx,
  ctx: Context,
  { model, version, execution, alias }: CompleteDeployment,
): Promise<void> {
  const { id: modelId } = await tx.models.lock(model, ctx.principal.id);
  const deployment = await tx.deployments.ofExecution(execution);
  const next = await tx.modelVersions.find(model, version);
  if (!deployment || !next) throw new DomainError({ code: 'not_found', what: 'deployment of execution', id: execution });
  if (deployment.status === 'live' || deployment.status === 'retired') return;
  if (deployment.status === 'failed') throw new DomainError({ code: 'wrong_stage', expected: 'deploying', actual: deployment.status });

  const serving = await tx.deployments.live(modelId);
  if (serving && serving.revision > deployment.revision) return overtaken(tx, ctx, next, deployment, serving);
  const previous = await tx.modelVersions.live(modelId);
  if (serving) await tx.deployments.move(serving.id, 'retired', ctx.now);
  if (previous && previous.id !== next.id) await retire(tx, ctx, previous);
  await promote(tx, ctx, next);
  await tx.deployments.move(deployment.id, 'live', ctx.now);
  await tx.aliases.put(modelId, alias, version, ctx.principal.id, ctx.now);
  const data = { model, version, previousVersion: previous?.number ?? null, alias, revision: deployment.revision, execution };
  tx.record({ type: 'model.deployment.live.v1', subject: `model/${model}`, data });
}

type Tx = { readonly modelVersions: ModelVersions } & Recorder;

async function promote(tx: Tx, ctx: Context, version: ModelVersion): Promise<void> {
  let at = version;
  for (const stage of climbToProduction(version.stage)) {
    mayStep(at.stage, stage);
    at = await tx.modelVersions.move(at, { stage }, ctx.now);
  }
  if (mayDeploy(at.deploymentStatus, 'live')) at = await tx.modelVersions.move(at, { deploymentStatus: 'live' }, ctx.now);
  if (at.stage === version.stage) return;
  const data = { model: version.model, version: version.number, from: version.stage, to: at.stage };
  tx.record({ type: 'model.version.promoted.v1', subject: `model/${version.model}/versions/${version.number}`, data });
}

async function retire(tx: Tx, ctx: Context, version: ModelVersion): Promise<void> {
  mayDeploy(version.deploymentStatus, 'retired');
  const archived = mayStep(version.stage, 'archived') ? ({ stage: 'archived' } as const) : {};
  await tx.modelVersions.move(version, { deploymentStatus: 'retired', ...archived }, ctx.now);
  const data = { model: version.model, version: version.number };
  tx.record({ type: 'model.version.retired.v1', subject: `model/${version.model}/versions/${version.number}`, data });
}

async function overtaken(tx: CompleteDeploymentTx, ctx: Context, version: ModelVersion, late: Deployment, by: Deployment): Promise<void> {
  await tx.deployments.move(late.id, 'retired', ctx.now);
  // A version that the later deployment serves too is live by that one.
  if (version.deploymentStatus === 'deploying' && mayDeploy(version.deploymentStatus, 'retired')) {
    await tx.modelVersions.move(version, { deploymentStatus: 'retired' }, ctx.now);
  }
  const data = { model: version.model, version: version.number, revision: late.revision, overtakenBy: by.revision };
  tx.record({ type: 'model.deployment.overtaken.v1', subject: `model/${version.model}`, data });
}
