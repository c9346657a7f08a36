/** Who may do what, and who must agree. Start at permissions.ts. */
export { answerApproval } from './answer-approval.ts';
export { createTenant } from './create-tenant.ts';
export { decideApproval } from './decide-approval.ts';
export { type Permission, permissionsOf } from './permissions.ts';
export type { Approval, Approvals, Member, Members, Tenants } from './ports.ts';
export { putMember, removeMember } from './put-member.ts';
