import * as z from 'zod';
import { Id, Moment, PrincipalId, Sha256 } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const Text = z.string().min(1).max(300);
const Place = z.strictObject({
  position: z.int().describe('From 1, without gaps, in the order of sealing.'),
  hash: Sha256.describe('SHA-256 of the hash of the place before and the canonical JSON of the row.'),
});

const AuditRow = z.strictObject({
  id: Id,
  at: z.string().describe('To the microsecond, in UTC.'),
  principal: z.string(),
  principalKind: z.string(),
  action: z.string().describe('The event type, such as `approval.approved.v1`.'),
  subject: z.string().describe('What it was done to, such as `model/flights/versions/1`.'),
  data: z.record(z.string(), z.unknown()).readonly(),
  requestId: z.string(),
  traceparent: z.string().nullable(),
  place: Place.nullable().describe("In the tenant's chain; null for the seconds until it is sealed."),
});

const Finding = z.strictObject({
  kind: z.enum(['changed', 'removed', 'inserted', 'reordered', 'unsealed', 'unrecorded', 'evidence_missing', 'evidence_differs']),
  position: z.int().nullable().describe('The first place that does not hold; null for what never had one.'),
  reason: z.string(),
});

const Verification = z.strictObject({
  checked: z.strictObject({
    sealed: z.int().describe('Places of the chain that this call followed.'),
    evidence: z.int().describe('Objects of evidence that it compared.'),
  }),
  head: z
    .strictObject({ position: z.int(), hash: Sha256 })
    .nullable()
    .describe('How far the chain was followed; null in the parts of a verification that come after it.'),
  finding: Finding.nullable().describe('The first thing that is wrong. Nothing after it is looked at.'),
  next: z
    .string()
    .optional()
    .describe('Send it as `cursor` to go on. Absent at the end: without a finding everything is as it was recorded.'),
});

export const auditRoutes = {
  listAudit: route({
    method: 'GET',
    path: '/v1/audit',
    plane: 'watch',
    permission: 'audit:read',
    summary: 'Who did what to which thing, and when; newest first.',
    request: z.strictObject({
      subject: Text.optional(),
      action: Text.optional(),
      principal: PrincipalId.optional(),
      from: Moment.optional(),
      until: Moment.optional().describe('Not included.'),
      ...pageQuery,
    }),
    response: pageOf(AuditRow),
    paged: true,
  }),
  verifyAudit: route({
    method: 'GET',
    path: '/v1/audit/verification',
    plane: 'watch',
    permission: 'audit:read',
    summary: 'Whether the audit is as it was recorded: follows the chain and its evidence, some thousand rows a call.',
    request: z.strictObject({ cursor: z.string().max(500).optional() }),
    response: Verification,
    refuses: ['cursor_invalid'],
  }),
};
