import type { Context } from '#core/kernel/index.ts';
import type { BeginDeploymentTx } from './begin-deployment.ts';
import { mayDeploy } from './deployment-status.ts';

/** Gives up the deployment an execution has begun and will not complete: what served before still does. Safe to retry. */
export async function failDeployment(tx: BeginDeploymentTx, ctx: Context, execution: string): Promise<void> {
  const begun = await tx.deployments.ofExecution(execution);
  const of = begun && (await tx.modelVersions.findById(begun.modelVersionId));
  if (!of) return;
  await tx.models.lock(of.model, ctx.principal.id);
  // Read again: it may have been completed while this waited for the model.
  const deployment = await tx.deployments.ofExecution(execution);
  const version = await tx.modelVersions.findById(of.id);
  if (deployment?.status !== 'deploying' || !version) return;
  await tx.deployments.move(deployment.id, 'failed', ctx.now);
  if (version.deploymentStatus === 'deploying' && mayDeploy(version.deploymentStatus, 'failed')) {
    await tx.modelVersions.move(version, { deploymentStatus: 'failed' }, ctx.now);
  }
  const data = { model: version.model, version: version.number, revision: deployment.revision, execution };
  tx.record({ type: 'model.deployment.failed.v1', subject: `model/${version.model}`, data });
}
