import * as z from 'zod';
import { Id, Moment, PolicyNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const ApprovalStatus = z.enum(['pending', 'approved', 'rejected', 'expired']);

export const Approval = z.object({
  id: Id,
  executionId: Id,
  status: ApprovalStatus,
  requestedFor: z.string(),
  model: z.string(),
  environment: z.string().nullable(),
  author: z.string().describe('Who started the execution, and so may not decide about it.'),
  evidence: z.record(z.string(), z.unknown()).describe('What the decision rests on; `reportUrl` opens the evaluation for 15 minutes.'),
  revision: z.int(),
  createdAt: Moment,
  expiresAt: Moment,
  decidedBy: z.string().nullable(),
  decidedAt: Moment.nullable(),
  comment: z.string().nullable(),
  policyVersion: PolicyNumber.describe('Of the policy that it was decided by; while it is open, of the one that set its deadline.'),
});

export const approvalRoutes = {
  listApprovals: route({
    method: 'GET',
    path: '/v1/approvals',
    plane: 'control',
    permission: 'approvals:read',
    summary: 'Approvals, newest first.',
    request: z.strictObject({ status: ApprovalStatus.optional(), ...pageQuery }),
    response: pageOf(Approval),
    paged: true,
  }),
  findApproval: route({
    method: 'GET',
    path: '/v1/approvals/{approval}',
    plane: 'control',
    permission: 'approvals:read',
    summary: 'One approval with its evidence.',
    request: z.strictObject({ approval: Id }),
    response: Approval,
    refuses: ['not_found'],
  }),
  decideApproval: route({
    method: 'POST',
    path: '/v1/approvals/{approval}/decisions',
    plane: 'control',
    permission: 'approvals:decide',
    summary: 'A second user says yes or no; the waiting execution goes on.',
    request: z.strictObject({ approval: Id, decision: z.enum(['approved', 'rejected']), comment: z.string().trim().min(1).max(2000) }),
    response: Approval,
    idempotency: 'key',
    refuses: ['not_found', 'approval_by_author', 'approval_needs_a_user', 'approver_not_named', 'approval_decided', 'approval_expired'],
  }),
};
