/** Who may do what, and who must agree. Start at permissions.ts. */
export { type CreateTenant, createTenant } from './create-tenant.ts';
export { type DecideApproval, decideApproval } from './decide-approval.ts';
export { type Permission, permissionsOf } from './permissions.ts';
export type { Approval, Approvals, Member, Members, Tenant, Tenants } from './ports.ts';
export { type PutMember, putMember, removeMember } from './put-member.ts';
