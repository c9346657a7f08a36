import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import { answerApproval } from './answer-approval.ts';
import type { Approval, Approvals } from './ports.ts';

export interface DecideApproval {
  readonly approval: string;
  readonly decision: 'approved' | 'rejected';
  readonly comment: string;
}

/** A person's yes or no, given once, and never by the author of what is decided. The waiting machine is told through the outbox. Safe to retry. */
export async function decideApproval(
  tx: { readonly approvals: Approvals } & Recorder,
  ctx: Context,
  { approval: id, decision, comment }: DecideApproval,
): Promise<Approval> {
  const approval = await tx.approvals.lock(id);
  if (!approval) throw new DomainError({ code: 'not_found', what: 'approval', id });
  mayDecide(approval, ctx);
  const decided = await tx.approvals.decide(id, { status: decision, by: ctx.principal.id, comment }, ctx.now);
  const subject = `approval/${id}`;
  const data = { approval: id, execution: approval.execution, decision, by: ctx.principal.id, comment };
  tx.record({ type: `approval.${decision}.v1`, subject, data });
  answerApproval(tx, decided, approval.taskToken);
  return decided;
}

function mayDecide({ status, author, expiresAt }: Approval, { principal, now }: Context): void {
  if (principal.kind !== 'user') throw new DomainError({ code: 'approval_needs_a_user' });
  if (principal.id === author) throw new DomainError({ code: 'approval_by_author', author });
  if (status !== 'pending') throw new DomainError({ code: 'approval_decided', status });
  if (expiresAt.getTime() <= now.getTime()) throw new DomainError({ code: 'approval_expired', expiredAt: expiresAt.toISOString() });
}
