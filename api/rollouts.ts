import * as z from 'zod';
import { ROLLOUT_STATUSES, STRATEGIES } from '#core/rollout/index.ts';
import { Id, Moment, Name, PolicyNumber, VersionNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const Facts = z.record(z.string(), z.unknown());

const Judgement = z.object({
  number: z.int().describe('Counts from 1 within the rollout.'),
  step: z.int(),
  verdict: z.enum(['advance', 'wait', 'roll_back']),
  checks: z
    .array(
      z.object({
        check: z.enum(['traffic', 'errors', 'latency', 'prediction_drift']),
        verdict: z.enum(['passed', 'wait', 'roll_back']),
        method: z.string(),
        n: z.object({ canary: z.int(), reference: z.int().nullable() }),
        observed: z.record(z.string(), z.number()),
        threshold: z.record(z.string(), z.number()),
        statistic: z.number().nullable(),
        p: z.number().nullable(),
        sentence: z.string(),
      }),
    )
    .describe('What was looked at, each with its method, numbers and one sentence.'),
  decidedAt: Moment,
});

export const Rollout = z.object({
  id: Id,
  model: Name,
  version: VersionNumber,
  baselineVersion: VersionNumber.nullable().describe(
    'What serves the other units meanwhile; null while the first version of a model is rolled out.',
  ),
  alias: Name,
  status: z.enum(ROLLOUT_STATUSES).describe('`rolled_back` is the judge’s no, `aborted` a person’s, `failed` a defect’s.'),
  step: z.int().describe('Index into `steps`.'),
  steps: z.array(z.object({ share: z.number(), bakeSeconds: z.int() })),
  reason: Facts.nullable().describe('Why it ended, or while it is still open, why it is about to: a code, one sentence, and the facts.'),
  judgements: z.array(Judgement).describe('In the order in which they fell; in a list of rollouts the last one alone.'),
  executionId: Id.nullable().describe('The execution that ordered it; null when a person did.'),
  policyVersion: PolicyNumber.describe('Of the policy that let it begin.'),
  createdBy: z.string(),
  createdAt: Moment,
  startedAt: Moment.nullable(),
  endedAt: Moment.nullable(),
  revision: z.int(),
});

const Said = z.strictObject({ rollout: Id, reason: z.string().trim().min(1).max(2000).optional() });
const operates = { plane: 'operations', permission: 'rollouts:operate', request: Said, response: Rollout, idempotency: 'natural' } as const;

export const rolloutRoutes = {
  startRollout: route({
    method: 'POST',
    path: '/v1/models/{model}/rollouts',
    plane: 'operations',
    permission: 'rollouts:operate',
    summary: 'Rolls an approved version out, or an earlier one back in. What is left out is taken from the pipeline that made the version.',
    request: z.strictObject({ model: Name, version: VersionNumber, alias: Name.optional(), strategy: z.enum(STRATEGIES).optional() }),
    response: Rollout,
    status: 202,
    idempotency: 'key',
    refuses: ['not_found', 'rollout_running', 'version_not_approved', 'version_already_live', 'gates_missing'],
  }),
  listRollouts: route({
    method: 'GET',
    path: '/v1/models/{model}/rollouts',
    plane: 'operations',
    permission: 'rollouts:read',
    summary: 'Rollouts of a model, newest first, each with its last judgement.',
    request: z.strictObject({ model: Name, ...pageQuery }),
    response: pageOf(Rollout),
    paged: true,
    refuses: ['not_found', 'cursor_invalid'],
  }),
  findRollout: route({
    method: 'GET',
    path: '/v1/rollouts/{rollout}',
    plane: 'operations',
    permission: 'rollouts:read',
    summary: 'One rollout with every judgement.',
    request: z.strictObject({ rollout: Id }),
    response: Rollout,
    refuses: ['not_found'],
  }),
  pauseRollout: route({
    ...operates,
    method: 'POST',
    path: '/v1/rollouts/{rollout}/pause',
    summary: 'Keeps the shares as they are until somebody resumes, for a week at most.',
    refuses: ['not_found', 'rollout_ended', 'wrong_stage'],
  }),
  resumeRollout: route({
    ...operates,
    method: 'POST',
    path: '/v1/rollouts/{rollout}/resume',
    summary: 'Goes on with the step that was paused; its bake begins anew. One that runs gets its machine back if that was lost.',
    refuses: ['not_found', 'rollout_ended', 'wrong_stage'],
  }),
  abortRollout: route({
    ...operates,
    method: 'POST',
    path: '/v1/rollouts/{rollout}/abort',
    summary: 'Orders everything back to what served before. The rollout ends when that serves again.',
    status: 202,
    refuses: ['not_found', 'rollout_ended'],
  }),
};
