import * as z from 'zod';
import { ALWAYS_KEPT, type PolicyRules, RETENTION_BOUNDS, type RetentionSetting } from '#core/governance/index.ts';
import { ROLES } from '#core/kernel/index.ts';
import { METRICS } from '#core/pipelines/index.ts';
import { LARGEST_VERSION, Moment, PolicyNumber, PrincipalId } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const scope = {
  models: z
    .string()
    .regex(/^[a-z0-9_*-]{1,63}$/, 'a name of a model, in which "*" stands for any run of characters')
    .describe('The models that the rule is about: a name, in which "*" stands for any run of characters.'),
  environments: z
    .array(z.string().min(1).max(31).nullable())
    .min(1)
    .max(20)
    .optional()
    .describe('Environments of pipelines; null is the pipeline where none is named. All of them unless said.'),
};

const ApprovalRule = z.strictObject({
  ...scope,
  required: z.boolean().optional().describe('Somebody has to agree, also where the pipeline asks nobody.'),
  deciders: z
    .strictObject({ principals: z.array(PrincipalId).max(100).optional(), roles: z.array(z.enum(ROLES)).max(ROLES.length).optional() })
    .refine(
      ({ principals = [], roles = [] }) => principals.length + roles.length > 0,
      'name a principal or a role: else nobody could decide',
    )
    .optional()
    .describe('Of those who have the role approver, only who is named here or has one of these roles too. The author never decides.'),
  longestHours: z
    .number()
    .gt(0)
    .max(24 * 90)
    .optional()
    .describe('Nobody is waited for longer, also where the pipeline would.'),
});

const GateRule = z
  .strictObject({
    ...scope,
    metric: z.enum(METRICS),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    noWorseThan: z.literal('champion').optional(),
    margin: z.number().min(0).optional(),
  })
  .refine(
    ({ atLeast, atMost, noWorseThan }) => [atLeast, atMost, noWorseThan].filter((one) => one !== undefined).length <= 1,
    'a rule asks for one of atLeast, atMost and noWorseThan, or for any gate on the metric',
  )
  .refine(({ margin, noWorseThan }) => margin === undefined || noWorseThan !== undefined, 'a margin needs noWorseThan')
  .describe('A gate that every pipeline for these models must have, this strict or stricter.');

const days = (setting: RetentionSetting, of: string) => {
  const { least, most } = RETENTION_BOUNDS[setting];
  return z.int().min(least).max(most).optional().describe(of);
};

const Retention = z
  .strictObject(
    {
      predictionDays: days('predictionDays', 'Predictions with their features, in the log and for look-up, and how each call went.'),
      groundTruthDays: days('groundTruthDays', 'What really happened.'),
      batchDays: days(
        'batchDays',
        'Inputs of batches since they were uploaded, inputs and results since the last batch ended that used them.',
      ),
      intermediateDays: days('intermediateDays', 'What the steps of an execution hand to each other, and its quarantined rows.'),
      driftReportDays: days('driftReportDays', 'Reports of scans in full; verdict and summary of a scan stay.'),
    },
    {
      error: ({ code }) =>
        code === 'unrecognized_keys' ? `what can be set is ${Object.keys(RETENTION_BOUNDS).join(', ')}; ${ALWAYS_KEPT}` : undefined,
    },
  )
  .describe('For how many days what grows with use is kept, since the store took it in. What is not named is kept as the stage keeps it.');

/** The change is told with its rules, and an event takes 256 KiB. */
const LARGEST_RULES_KIB = 128;

const Rules = z
  .strictObject({
    approvals: z.array(ApprovalRule).max(100).default([]).describe('Of those that fit, the first one decides.'),
    gates: z.array(GateRule).max(100).default([]).describe('All of those that fit are demanded.'),
    retention: Retention.optional(),
  })
  .refine(
    (rules) => Buffer.byteLength(JSON.stringify(rules)) <= LARGEST_RULES_KIB * 1024,
    `rules take at most ${LARGEST_RULES_KIB} KiB as JSON: name roles in place of principals, or a pattern in place of models`,
  ) satisfies z.ZodType<PolicyRules>;

const Policy = z.object({
  version: PolicyNumber,
  rules: z.object({
    approvals: z.array(z.looseObject({ models: z.string() })),
    gates: z.array(z.looseObject({ models: z.string() })),
    retention: Retention.optional(),
  }),
  comment: z.string(),
  createdBy: z.string(),
  createdAt: Moment,
  revision: PolicyNumber.describe('The version once more, as If-Match takes it.'),
});

export const policyRoutes = {
  findPolicy: route({
    method: 'GET',
    path: '/v1/policy',
    plane: 'operations',
    permission: 'policies:read',
    summary:
      'The policy in force: who may approve what, which gates are mandatory, and how long data is kept. Version 0 is the built-in one.',
    request: z.strictObject({}),
    response: Policy,
    concurrency: 'etag',
  }),
  putPolicy: route({
    method: 'PUT',
    path: '/v1/policy',
    plane: 'operations',
    permission: 'policies:write',
    by: 'user',
    summary: 'Makes these rules the next version. The rules that are in force already make none.',
    request: z.strictObject({ rules: Rules, comment: z.string().trim().min(1).max(2000) }),
    response: Policy,
    idempotency: 'natural',
    concurrency: 'if-match',
    refuses: ['user_needed', 'retention_too_short'],
  }),
  listPolicies: route({
    method: 'GET',
    path: '/v1/policy/versions',
    plane: 'operations',
    permission: 'policies:read',
    summary: 'Every version that there has been, newest first. The built-in one is none of them.',
    request: z.strictObject(pageQuery),
    response: pageOf(Policy),
    paged: true,
    refuses: ['cursor_invalid'],
  }),
  findPolicyVersion: route({
    method: 'GET',
    path: '/v1/policy/versions/{version}',
    plane: 'operations',
    permission: 'policies:read',
    summary: 'The policy as it was; every decision names the version it was made by.',
    request: z.strictObject({
      version: z
        .string()
        .regex(/^\d{1,10}$/, 'a version is a whole number from 0')
        .transform(Number)
        .pipe(z.int().max(LARGEST_VERSION)),
    }),
    response: Policy,
    refuses: ['not_found'],
  }),
};
