import { type Context, DomainError } from '#core/kernel/index.ts';
import { demanded } from './next-order.ts';
import type { LockedRollout, Rollout, RolloutReason } from './ports.ts';
import { isOver, mayTurn } from './rollout-status.ts';
import { answerToken, lockRollout, orderMachine, type RolloutTx, tell } from './rollout-tx.ts';

type SignalTx = Pick<RolloutTx, 'models' | 'rollouts' | 'record'>;

export interface Signal {
  readonly rollout: string;
  readonly reason?: string | undefined;
}

/**
 * The machine waits under this token, baking or paused. What happened before the token arrived is told at once: nobody else will.
 * A repeated state brings a newer token.
 */
export async function awaitSignal(
  tx: SignalTx,
  ctx: Context,
  { rollout: id, token, during }: { readonly rollout: string; readonly token: string; readonly during: 'bake' | 'pause' },
): Promise<void> {
  const rollout = await lockRollout(tx, ctx, id);
  const stands = demanded(rollout)?.next ?? 'bake';
  if (stands === during) await tx.rollouts.change(id, { taskToken: token }, ctx.now);
  else answerToken(tx, rollout, token, { signal: stands });
}

/** Keeps the shares as they are until somebody resumes. Safe to retry. */
export async function pauseRollout(tx: SignalTx, ctx: Context, { rollout: id, reason }: Signal): Promise<Rollout> {
  const rollout = await lockOpen(tx, ctx, id);
  if (!mayTurn(rollout, 'paused')) return rollout;
  return signal(tx, ctx, rollout, { status: 'paused' }, 'rollout.paused.v1', reason);
}

/** Goes on with the step it was paused at, whose bake begins anew; one that runs gets its machine back if that was lost. Safe to retry. */
export async function resumeRollout(tx: SignalTx, ctx: Context, { rollout: id, reason }: Signal): Promise<Rollout> {
  const rollout = await lockOpen(tx, ctx, id);
  if (rollout.status === 'running') {
    await orderAgain(tx, ctx, rollout);
    return rollout;
  }
  // The table lets one that is queued begin to run, but that is for its machine.
  if (rollout.status === 'queued') throw new DomainError({ code: 'wrong_stage', expected: 'paused', actual: rollout.status });
  const anew = rollout.stepSince === null ? {} : { stepSince: ctx.now };
  return signal(tx, ctx, rollout, { status: 'running', ...anew }, 'rollout.resumed.v1', reason);
}

/** Orders the way back, or once more the machine that was on it; the rollout ends when what served before serves again. Safe to retry. */
export async function abortRollout(tx: SignalTx, ctx: Context, { rollout: id, reason: comment = '' }: Signal): Promise<Rollout> {
  const rollout = await lockRollout(tx, ctx, id);
  if (rollout.reason && !isOver(rollout.status)) {
    await orderAgain(tx, ctx, rollout);
    return rollout;
  }
  refuseEnded(rollout);
  const by = ctx.principal.id;
  const sentence = `${by} aborted the rollout at step ${rollout.step + 1}${comment ? `: ${comment}` : '.'}`;
  const ending = await endEarly(tx, ctx, rollout, { code: 'aborted', sentence, by, comment });
  // Now, and by whom: that it has ended is told by its machine, later.
  tell(tx, 'rollout.abort-requested.v1', ending, { by, reason: comment || null });
  return ending;
}

/** Orders the way back of a rollout that its execution no longer waits for; one that has ended stays as it is. */
export async function abandonRollout(tx: SignalTx, ctx: Context, execution: string): Promise<void> {
  const found = await tx.rollouts.ofExecution(execution);
  const rollout = found && (await lockRollout(tx, ctx, found.id));
  if (!rollout || demanded(rollout)?.next === 'end' || rollout.reason) return;
  const sentence = `The execution ${execution} that ordered the rollout ended before it.`;
  await endEarly(tx, ctx, rollout, { code: 'execution_ended', sentence, execution });
}

/** Where the machine may be lost. An order that nobody has carried out yet is not given twice, however often somebody asks. */
async function orderAgain(tx: SignalTx, ctx: Context, rollout: Rollout): Promise<void> {
  if (!(await tx.rollouts.isOrdered(rollout.id))) orderMachine(tx, ctx, rollout);
}

async function endEarly(tx: SignalTx, ctx: Context, rollout: LockedRollout, reason: RolloutReason): Promise<Rollout> {
  const changed = await tx.rollouts.change(rollout.id, { reason, taskToken: null }, ctx.now);
  if (rollout.taskToken) answerToken(tx, rollout, rollout.taskToken, { signal: 'roll_back' });
  // A machine that the engine lost would never hear of it.
  orderMachine(tx, ctx, rollout);
  return changed;
}

async function signal(
  tx: SignalTx,
  ctx: Context,
  rollout: LockedRollout,
  change: Parameters<SignalTx['rollouts']['change']>[1],
  type: string,
  comment = '',
): Promise<Rollout> {
  const changed = await tx.rollouts.change(rollout.id, { ...change, taskToken: null }, ctx.now);
  if (rollout.taskToken) answerToken(tx, rollout, rollout.taskToken, { signal: change.status });
  orderMachine(tx, ctx, rollout);
  tell(tx, type, changed, { by: ctx.principal.id, reason: comment || null });
  return changed;
}

async function lockOpen(tx: SignalTx, ctx: Context, id: string): Promise<LockedRollout> {
  const rollout = await lockRollout(tx, ctx, id);
  refuseEnded(rollout);
  return rollout;
}

/** One that is on its way back will end; nobody can hold it any more. */
function refuseEnded(rollout: Rollout): void {
  const ends = isOver(rollout.status) ? rollout.status : rollout.reason ? 'ending' : undefined;
  if (ends) throw new DomainError({ code: 'rollout_ended', rollout: rollout.id, status: ends });
}
