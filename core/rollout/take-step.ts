import type { Context } from '#core/kernel/index.ts';
import { beginDeployment, completeDeployment, mayDeploy } from '#core/registry/index.ts';
import type { RoutingEntry } from '#core/serving/index.ts';
import { secondsToNextLook } from './judge-canary.ts';
import { demanded, type Order, order } from './next-order.ts';
import type { Rollout } from './ports.ts';
import { lockRollout, type RolloutTx, tell, versionsOf } from './rollout-tx.ts';

/** Takes the order up. Safe to retry, and a machine that starts anew goes on where the one before it broke. */
export async function beginRollout(tx: RolloutTx, ctx: Context, id: string): Promise<Order> {
  const rollout = await lockRollout(tx, ctx, id);
  const instead = demanded(rollout);
  if (instead) return instead;
  if (rollout.status === 'queued') {
    const { canary } = await versionsOf(tx, rollout);
    if (mayDeploy(canary.deploymentStatus, 'deploying')) await tx.modelVersions.move(canary, { deploymentStatus: 'deploying' }, ctx.now);
    tell(tx, 'rollout.started.v1', await tx.rollouts.change(id, { status: 'running' }, ctx.now));
  }
  return order('share', rollout);
}

/**
 * Writes down the shares of the step the rollout stands at. The routing table gets the entry afterwards, and `reachShare` is told.
 * Safe to retry.
 */
export async function beginShare(tx: RolloutTx, ctx: Context, id: string): Promise<{ order: Order } | { at: number; entry: RoutingEntry }> {
  const rollout = await lockRollout(tx, ctx, id);
  const instead = demanded(rollout);
  if (instead) return { order: instead };
  // A machine that starts anew finds the completion begun: nothing is left to be judged.
  if ((await tx.deployments.ofRollout(id)).at(-1)?.rolloutStep === alone(rollout)) return { order: order('complete', rollout) };
  const { canary, baseline } = await versionsOf(tx, rollout);
  const { share, bakeSeconds } = stepOf(rollout);
  const left = Number((1 - share).toFixed(9));
  // While the last step bakes, the old version keeps an arm without a share: it answers what the new one cannot.
  const beside = baseline && (left > 0 || bakeSeconds > 0) ? [{ version: baseline, weight: left }] : [];
  const entry = await beginDeployment(tx, ctx, {
    rollout: id,
    step: rollout.step,
    head: beside[0]?.version ?? canary,
    arms: [...beside, { version: canary, weight: share }],
    unserved: baseline ? 0 : left,
  });
  return { at: rollout.step, entry };
}

/** The routing table holds the step's shares: its bake begins. Safe to retry. */
export async function reachShare(tx: RolloutTx, ctx: Context, id: string, at: number): Promise<Order> {
  const rollout = await lockRollout(tx, ctx, id);
  const { revision } = await completeDeployment(tx, ctx, { rollout: id, step: at });
  let reached: Rollout = rollout;
  if (rollout.step === at && rollout.stepSince === null && rollout.status !== 'queued') {
    reached = await tx.rollouts.change(id, { stepSince: ctx.now }, ctx.now);
    tell(tx, 'rollout.step.advanced.v1', reached, { revision });
  }
  const instead = demanded(reached);
  if (instead) return instead;
  if (reached.step !== at) return order('share', reached);
  const { bakeSeconds } = stepOf(reached);
  const isLast = at === reached.plan.steps.length - 1;
  return isLast && bakeSeconds === 0 ? order('complete', reached) : order('bake', reached, secondsToNextLook(bakeSeconds, 0));
}

/** The change of shares that follows the last step. */
export function alone({ plan }: Rollout): number {
  return plan.steps.length;
}

export function stepOf({ id, plan, step }: Rollout) {
  const at = plan.steps[step];
  if (!at) throw new Error(`the rollout ${id} stands at step ${step}, which its plan does not have`);
  return at;
}
