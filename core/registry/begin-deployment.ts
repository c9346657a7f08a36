import { type Context, DomainError } from '#core/kernel/index.ts';
import type { RoutingEntry } from '#core/serving/index.ts';
import type { Deployment, Deployments, ModelVersion } from './ports.ts';

export interface BeginDeployment {
  /** The rollout that orders it, and which of its changes it is; the same change is ordered once. */
  readonly rollout: string;
  readonly step: number;
  /** The version that is live while it serves. */
  readonly head: ModelVersion;
  readonly arms: readonly { readonly version: ModelVersion; readonly weight: number }[];
  readonly unserved: number;
}

/**
 * Writes down who is to serve which share and takes the model's next revision for it. What served before still does: it gives way
 * when the returned entry is in the routing table and `completeDeployment` has said so. Safe to retry: the same change gets the
 * same entry. A change that a later one of the rollout has followed is refused: whoever repeats it comes too late.
 * The caller holds the model's lock.
 */
export async function beginDeployment(
  tx: { readonly deployments: Deployments },
  ctx: Context,
  { rollout, step, head, arms, unserved }: BeginDeployment,
): Promise<RoutingEntry> {
  const begun = await tx.deployments.ofRollout(rollout);
  const later = begun.find((one) => (one.rolloutStep ?? 0) > step);
  if (later) throw new DomainError({ code: 'moved_meanwhile', revision: later.revision });
  const same = begun.find((one) => one.rolloutStep === step);
  if (same) return routingOf(ctx.tenant, head, same);
  const order = {
    modelId: head.modelId,
    modelVersionId: head.id,
    rolloutId: rollout,
    rolloutStep: step,
    arms: arms.map(({ version, weight }) => {
      const { id: versionId, number, artifactKey, signatureKey } = version;
      return { versionId, version: number, artifactKey, signatureKey, weight };
    }),
    unserved,
  };
  return routingOf(ctx.tenant, head, await tx.deployments.add(order, ctx.principal.id, ctx.now));
}

function routingOf(tenant: string, head: ModelVersion, { modelId, revision, arms, unserved }: Deployment): RoutingEntry {
  const { id: versionId, model, number, artifactKey, signatureKey } = head;
  return { tenant, model, modelId, versionId, version: number, artifactKey, signatureKey, revision, unserved, arms };
}
