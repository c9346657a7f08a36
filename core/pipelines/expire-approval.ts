import { answerApproval, type CloseApprovalTx, closeApproval } from '#core/governance/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { hasEnded } from './execution-status.ts';
import { moveExecution } from './move-execution.ts';
import type { Executions, StepFailure, Steps } from './ports.ts';

export type ExpireApprovalTx = CloseApprovalTx & { readonly executions: Executions; readonly steps: Steps };

/**
 * Ends an approval whose deadline has passed, and the execution that waited for it, in one transaction: whether the machine still waits,
 * and is told, or was lost. Whoever decides at the same moment and came first wins. Safe to retry.
 *
 * @returns whether it was this call that ended it
 */
export async function expireApproval(tx: ExpireApprovalTx, ctx: Context, id: string): Promise<boolean> {
  const asked = await tx.approvals.find(id);
  if (!asked) throw new DomainError({ code: 'not_found', what: 'approval', id });
  // Before the approval, as everybody does who takes both.
  const execution = await tx.executions.lock(asked.execution);
  const closed = await closeApproval(tx, ctx, { approval: id, because: 'deadline' });
  if (!closed) return false;
  answerApproval(tx, closed, closed.taskToken);
  if (!execution || hasEnded(execution.status)) return true;
  const failure: StepFailure = { code: 'approval_expired', expiredAt: closed.expiresAt.toISOString(), at: 'approve' };
  const waiting = (await tx.steps.list(execution.id)).findLast(({ step }) => step === 'approve');
  if (waiting?.status === 'running')
    await tx.steps.fail({ execution: execution.id, step: 'approve', attempt: waiting.attempt, status: 'refused', failure }, ctx.now);
  await moveExecution(tx, ctx, execution.id, 'refused', { failure });
  return true;
}
