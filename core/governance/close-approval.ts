import type { Context, Recorder } from '#core/kernel/index.ts';
import { isPast } from './approval-rule.ts';
import type { Approval, Approvals, Policies } from './ports.ts';

export type CloseApprovalTx = { readonly approvals: Approvals; readonly policies: Pick<Policies, 'current'> } & Recorder;

/**
 * Nobody can decide any more: the deadline has passed (by our clock, which is looked at, or by the machine's, which gave up), or what
 * waited for the decision has ended. Undefined when there is nothing to close. The approval is locked before it is looked at, so a decision that is being written at this moment stands.
 */
export async function closeApproval(
  tx: CloseApprovalTx,
  ctx: Context,
  { approval: id, because }: { readonly approval: string; readonly because: 'deadline' | 'no_answer' | 'execution_ended' },
): Promise<(Approval & { readonly taskToken: string }) | undefined> {
  const approval = await tx.approvals.lock(id);
  if (approval?.status !== 'pending' || (because === 'deadline' && !isPast(approval, ctx.now))) return undefined;
  const { version: policyVersion } = await tx.policies.current();
  const comment = because === 'execution_ended' ? 'the execution ended before anybody decided' : 'nobody decided in time';
  const by = ctx.principal.id;
  const closed = await tx.approvals.decide(id, { status: 'expired', by, comment, policyVersion }, ctx.now);
  const data = { approval: id, execution: approval.execution, expiresAt: approval.expiresAt.toISOString(), comment, policyVersion };
  tx.record({ type: 'approval.expired.v1', subject: `approval/${id}`, data });
  return { ...closed, taskToken: approval.taskToken };
}
