import type { Context } from '#core/kernel/index.ts';
import { hasEnded, moveExecution } from '#core/pipelines/index.ts';
import { beginDeployment, completeDeployment, giveUp, takeOver } from '#core/registry/index.ts';
import type { RoutingEntry } from '#core/serving/index.ts';
import { demanded, type Order, order } from './next-order.ts';
import type { LockedRollout, Rollout, RolloutReason } from './ports.ts';
import { isOver, mayTurn, type RolloutStatus } from './rollout-status.ts';
import { answerToken, lockRollout, type RolloutTx, tell, versionsOf } from './rollout-tx.ts';
import { endOf } from './start-rollout.ts';
import { alone } from './take-step.ts';

/** The way back comes after all other changes of shares. */
const back = (rollout: Rollout) => alone(rollout) + 1;

/** The new version is to serve without the old one beside it. The routing table gets the entry, if there is one. Safe to retry. */
export async function beginCompletion(
  tx: RolloutTx,
  ctx: Context,
  id: string,
): Promise<{ order: Order } | { entry: RoutingEntry | undefined }> {
  const rollout = await lockRollout(tx, ctx, id);
  const instead = demanded(rollout);
  if (instead) return { order: instead };
  const last = (await tx.deployments.ofRollout(id)).at(-1);
  if (last?.arms.length === 1 && last.rolloutStep !== alone(rollout)) return { entry: undefined };
  const { canary } = await versionsOf(tx, rollout);
  const arms = [{ version: canary, weight: 1 }];
  return { entry: await beginDeployment(tx, ctx, { rollout: id, step: alone(rollout), head: canary, arms, unserved: 0 }) };
}

/** Says that the new version is the live one, and in the same transaction that the execution which made it succeeded. Safe to retry. */
export async function completeRollout(tx: RolloutTx, ctx: Context, id: string): Promise<Order> {
  const rollout = await lockRollout(tx, ctx, id);
  const instead = demanded(rollout);
  if (instead) return instead;
  const last = (await tx.deployments.ofRollout(id)).at(-1);
  if (!last) throw new Error(`the rollout ${id} is complete without a share`);
  const { revision } = await completeDeployment(tx, ctx, { rollout: id, step: last.rolloutStep ?? 0 });
  const { canary } = await versionsOf(tx, rollout);
  await takeOver(tx, ctx, { version: canary, alias: rollout.alias, revision, rollout: id, execution: rollout.executionId });
  mayTurn(rollout, 'succeeded');
  const done = await tx.rollouts.change(id, { status: 'succeeded', taskToken: null, waitingToken: null }, ctx.now);
  tell(tx, 'rollout.succeeded.v1', done, { alias: rollout.alias, revision });
  await succeedExecution(tx, ctx, done, revision);
  if (rollout.waitingToken) answerToken(tx, done, rollout.waitingToken, endOf(done));
  return order('end', done);
}

async function succeedExecution(tx: RolloutTx, ctx: Context, { executionId, id, model, version, alias }: Rollout, revision: number) {
  const execution = executionId && (await tx.executions.lock(executionId));
  if (!execution || hasEnded(execution.status)) return;
  const waiting = (await tx.steps.list(execution.id)).findLast(({ step }) => step === 'roll-out');
  if (waiting?.status === 'running' && waiting.inputHash) {
    const { attempt, inputHash } = waiting;
    const output = { model, version, revision, alias, rollout: id };
    await tx.steps.succeed({ execution: execution.id, step: 'roll-out', attempt, inputHash, output }, ctx.now);
  }
  await moveExecution(tx, ctx, execution.id, 'succeeded');
}

/**
 * Routes everything back to what served before, to nobody when nothing did. The routing table gets the entry, if there is one.
 * @param broke what the machine broke on, unless there is a reason already
 * Safe to retry.
 */
export async function beginRollBack(tx: RolloutTx, ctx: Context, id: string, broke: RolloutReason): Promise<RoutingEntry | undefined> {
  const rollout = await lockRollout(tx, ctx, id);
  if (isOver(rollout.status)) return undefined;
  if (!rollout.reason) await tx.rollouts.change(id, { reason: broke }, ctx.now);
  if ((await tx.deployments.ofRollout(id)).length === 0) return undefined;
  const { canary, baseline } = await versionsOf(tx, rollout);
  const arms = baseline ? [{ version: baseline, weight: 1 }] : [];
  return beginDeployment(tx, ctx, { rollout: id, step: back(rollout), head: baseline ?? canary, arms, unserved: 0 });
}

const ENDS: Readonly<Record<string, RolloutStatus>> = { aborted: 'aborted', execution_ended: 'aborted', machine_failed: 'failed' };
const TOLD: Readonly<Record<string, string>> = { aborted: 'rollout.aborted.v1' };

/** Says that the old version serves again, and why. Safe to retry. */
export async function endRollBack(tx: RolloutTx, ctx: Context, id: string): Promise<Order> {
  const rollout: LockedRollout = await lockRollout(tx, ctx, id);
  if (isOver(rollout.status)) return order('end', rollout);
  const begun = (await tx.deployments.ofRollout(id)).at(-1);
  if (begun) await completeDeployment(tx, ctx, { rollout: id, step: back(rollout) });
  const { canary } = await versionsOf(tx, rollout);
  await giveUp(tx, ctx, canary, id);
  const status = ENDS[rollout.reason?.code ?? ''] ?? 'rolled_back';
  mayTurn(rollout, status);
  const done = await tx.rollouts.change(id, { status, taskToken: null, waitingToken: null }, ctx.now);
  tell(tx, TOLD[status] ?? 'rollout.rolled-back.v1', done);
  if (rollout.waitingToken) answerToken(tx, done, rollout.waitingToken, endOf(done));
  return order('end', done);
}
