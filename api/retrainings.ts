import * as z from 'zod';
import { RETRAINING_REASONS } from '#core/retraining/index.ts';
import { Id, Moment, Name, PolicyNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const Retraining = z.object({
  id: Id,
  model: Name,
  monitor: z.string(),
  scan: Id,
  cause: z.string().describe('The same for the same drift seen by the same monitor, in whichever window.'),
  decision: z.enum(['start', 'refuse']),
  reason: z.enum(RETRAINING_REASONS),
  details: z.record(z.string(), z.unknown()).describe('A sentence, what drifted, and the facts the decision was made of.'),
  executionId: Id.nullable().describe('The execution that was started.'),
  policyVersion: PolicyNumber.describe('Of the tenant’s policy that was in force.'),
  decidedAt: Moment,
});

export const retrainingRoutes = {
  listRetrainings: route({
    method: 'GET',
    path: '/v1/models/{model}/retrainings',
    plane: 'operations',
    permission: 'retrainings:read',
    summary: 'Decisions about retraining a model after drift, newest first: the refusals with their reasons too.',
    request: z.strictObject({ model: Name, ...pageQuery }),
    response: pageOf(Retraining),
    paged: true,
    refuses: ['not_found', 'cursor_invalid'],
  }),
};
