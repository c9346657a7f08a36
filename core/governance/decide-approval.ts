import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import { answerApproval } from './answer-approval.ts';
import { mayDecide } from './approval-rule.ts';
import type { Approval, Approvals, Policies } from './ports.ts';

export interface DecideApproval {
  readonly approval: string;
  readonly decision: 'approved' | 'rejected';
  readonly comment: string;
}

/**
 * A person's yes or no, given once, by whom the policy in force allows, and never by the author of what is decided. The waiting machine
 * is told through the outbox. Safe to retry.
 */
export async function decideApproval(
  tx: { readonly approvals: Approvals; readonly policies: Pick<Policies, 'current'> } & Recorder,
  ctx: Context,
  { approval: id, decision, comment }: DecideApproval,
): Promise<Approval> {
  const approval = await tx.approvals.lock(id);
  if (!approval) throw new DomainError({ code: 'not_found', what: 'approval', id });
  const policy = await tx.policies.current();
  mayDecide(approval, ctx, policy);
  const by = ctx.principal.id;
  const decided = await tx.approvals.decide(id, { status: decision, by, comment, policyVersion: policy.version }, ctx.now);
  const data = { approval: id, execution: approval.execution, decision, by, comment, policyVersion: policy.version };
  tx.record({ type: `approval.${decision}.v1`, subject: `approval/${id}`, data });
  answerApproval(tx, decided, approval.taskToken);
  return decided;
}
