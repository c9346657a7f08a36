/** Who may do what, who must agree, and what is demanded of everybody. Start at permissions.ts and policy.ts. */
export { answerApproval } from './answer-approval.ts';
export { approvalTerms } from './approval-rule.ts';
export { type CloseApprovalTx, closeApproval } from './close-approval.ts';
export { createTenant } from './create-tenant.ts';
export { decideApproval } from './decide-approval.ts';
export { demandGates } from './gate-rules.ts';
export { waitsLongFrom } from './long-wait.ts';
export { type Permission, permissionsOf } from './permissions.ts';
export { BUILT_IN, type Policy, type PolicyRules } from './policy.ts';
export type { Approval, Approvals, Member, Members, Policies, Tenants } from './ports.ts';
export { putMember, removeMember } from './put-member.ts';
export { putPolicy } from './put-policy.ts';
export { ALWAYS_KEPT, demandLog, isKept, RETENTION_BOUNDS, type Retention, type RetentionSetting } from './retention.ts';
