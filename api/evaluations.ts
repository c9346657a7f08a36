import * as z from 'zod';
import { Id, Moment, Name, PolicyNumber, Sha256, VersionInPath, VersionNumber } from './fields.ts';
import { route } from './route.ts';

export const Estimate = z.object({ value: z.number().nullable(), low: z.number().optional(), high: z.number().optional() });

export const GateVerdict = z.object({
  gate: z.string(),
  metric: z.string(),
  comparison: z.enum(['at_least', 'at_most', 'no_worse_than_champion']),
  observed: z.number().nullable(),
  threshold: z.number(),
  passed: z.boolean(),
  reason: z.string(),
  policyVersion: PolicyNumber.describe('Of the policy in force when the gate was asked.'),
});

const Champion = z.object({
  version: VersionNumber,
  artifactSha256: Sha256,
  comparable: z.boolean(),
  reason: z.string().optional().describe('Why the champion cannot be asked about these rows.'),
  differences: z
    .record(
      z.string(),
      z.object({
        challenger: z.number().nullable(),
        champion: z.number().nullable(),
        difference: z.number().nullable().describe('Challenger minus champion, with the interval of the paired bootstrap.'),
        low: z.number().optional(),
        high: z.number().optional(),
        verdict: z.enum(['better', 'worse', 'undecided']),
      }),
    )
    .optional(),
});

const Evaluation = z.object({
  id: Id,
  execution: Id,
  artifactSha256: Sha256,
  rowsSha256: Sha256,
  rows: z.int(),
  metrics: z.record(z.string(), Estimate),
  details: z.record(z.string(), z.unknown()).describe('Method, confusion matrix, curves and segments.'),
  champion: Champion.nullable().describe('The version that the alias pointed at, on the same rows; null when there was none.'),
  gates: z.array(GateVerdict),
  reportUrl: z.url().describe('The report as a page. The address works for 15 minutes.'),
  createdAt: Moment,
});

export const evaluationRoutes = {
  findEvaluation: route({
    method: 'GET',
    path: '/v1/models/{model}/versions/{version}/evaluation',
    plane: 'operations',
    permission: 'registry:read',
    summary: 'How good a model version is on rows it never saw, and what its gates said.',
    request: z.strictObject({ model: Name, version: VersionInPath }),
    response: Evaluation,
    refuses: ['not_found'],
  }),
};
