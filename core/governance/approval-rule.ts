import { type Context, DomainError } from '#core/kernel/index.ts';
import { type ApprovalRule, fits, type Policy } from './policy.ts';
import type { Approval } from './ports.ts';

/** What a policy says of the approval of one model in one environment. */
function ruleOf({ rules }: Policy, model: string, environment: string | null): ApprovalRule | undefined {
  return rules.approvals.find((rule) => fits(rule, model, environment));
}

export interface ApprovalTerms {
  readonly required: boolean;
  readonly timeoutHours: number;
}

/** What a pipeline says of its approval, made as strict as the policy wants it. */
export function approvalTerms(
  policy: Policy,
  { model, environment }: { readonly model: string; readonly environment: string | null },
  { required, timeoutHours }: ApprovalTerms,
): ApprovalTerms {
  const rule = ruleOf(policy, model, environment);
  return { required: required || rule?.required === true, timeoutHours: Math.min(timeoutHours, rule?.longestHours ?? timeoutHours) };
}

/**
 * Refuses whoever may not decide this approval now: a service, the author, and whom the policy does not name; and everybody once it is
 * decided or its deadline has passed. That the caller may decide at all is the route's permission.
 */
export function mayDecide(
  { status, author, expiresAt, model, environment }: Approval,
  { principal, now }: Pick<Context, 'principal' | 'now'>,
  policy: Policy,
): void {
  if (principal.kind !== 'user') throw new DomainError({ code: 'approval_needs_a_user' });
  if (principal.id === author) throw new DomainError({ code: 'approval_by_author', author });
  const deciders = ruleOf(policy, model, environment)?.deciders;
  if (deciders) {
    const { principals = [], roles = [] } = deciders;
    if (!principals.includes(principal.id) && !roles.some((role) => principal.roles.includes(role)))
      throw new DomainError({ code: 'approver_not_named', policyVersion: policy.version, model, principals, roles });
  }
  if (isPast({ expiresAt }, now) && (status === 'pending' || status === 'expired'))
    throw new DomainError({ code: 'approval_expired', expiredAt: expiresAt.toISOString() });
  if (status !== 'pending') throw new DomainError({ code: 'approval_decided', status });
}

/** Whether it is too late to decide. */
export function isPast({ expiresAt }: Pick<Approval, 'expiresAt'>, now: Date): boolean {
  return expiresAt.getTime() <= now.getTime();
}
