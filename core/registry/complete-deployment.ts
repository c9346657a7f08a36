import { type Context, DomainError } from '#core/kernel/index.ts';
import type { Deployment, Deployments } from './ports.ts';

/**
 * Says that a change of shares serves, once the routing table holds its entry: the one before it retires. Safe to retry; one that a
 * later change has overtaken meanwhile retires at once. The caller holds the model's lock.
 */
export async function completeDeployment(
  tx: { readonly deployments: Deployments },
  ctx: Context,
  { rollout, step }: { readonly rollout: string; readonly step: number },
): Promise<Deployment> {
  const deployment = (await tx.deployments.ofRollout(rollout)).find((one) => one.rolloutStep === step);
  if (!deployment) throw new DomainError({ code: 'not_found', what: `change ${step} of rollout`, id: rollout });
  if (deployment.status !== 'deploying') return deployment;
  const serving = await tx.deployments.live(deployment.modelId);
  const status = serving && serving.revision > deployment.revision ? 'retired' : 'live';
  if (serving && status === 'live') await tx.deployments.move(serving.id, 'retired', ctx.now);
  await tx.deployments.move(deployment.id, status, ctx.now);
  return { ...deployment, status };
}
