import * as z from 'zod';
import { EXECUTION_STATUSES } from '#core/pipelines/index.ts';
import { Estimate, GateVerdict } from './evaluations.ts';
import { Id, Moment, Name, PolicyNumber, RunId, VersionNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

/** A refusal's code with its facts. */
const Failure = z.looseObject({ code: z.string() });

const Execution = z.object({
  id: Id,
  pipeline: Name,
  pipelineVersion: VersionNumber,
  dataset: Name,
  datasetVersion: VersionNumber,
  environment: z.string().nullable(),
  status: z.enum(EXECUTION_STATUSES),
  failure: Failure.nullable(),
  run: RunId.nullable(),
  policyVersion: PolicyNumber.describe('Of the policy that let it start.'),
  createdBy: z.string(),
  createdAt: Moment,
  startedAt: Moment.nullable(),
  endedAt: Moment.nullable(),
});

const Step = z.object({
  step: z.string(),
  attempt: z.int(),
  status: z.enum(['running', 'succeeded', 'reused', 'refused', 'failed']),
  output: z.record(z.string(), z.unknown()).nullable(),
  failure: Failure.nullable(),
  reportUrl: z.url().nullable().describe('What the step found, as a file; also of a validation that refused. Works for 15 minutes.'),
  quarantineUrl: z.url().nullable().describe('The rows that a validation set aside, as Parquet. Works for 15 minutes.'),
  startedAt: Moment,
  endedAt: Moment.nullable(),
});

const ExecutionInFull = Execution.extend({
  steps: z.array(Step),
  evaluation: z.object({ id: Id, rows: z.int(), metrics: z.record(z.string(), Estimate), reportUrl: z.url() }).nullable(),
  gates: z.array(GateVerdict),
  approval: Id.nullable(),
  model: z.object({ name: Name, version: VersionNumber }).nullable(),
});

export const executionRoutes = {
  startExecution: route({
    method: 'POST',
    path: '/v1/pipelines/{pipeline}/executions',
    plane: 'control',
    permission: 'executions:start',
    summary: 'Orders one execution of a pipeline; the newest versions of pipeline and dataset unless others are named.',
    request: z.strictObject({
      pipeline: Name,
      pipelineVersion: VersionNumber.optional(),
      datasetVersion: VersionNumber.optional(),
      environment: z.string().min(1).max(31).optional(),
    }),
    response: Execution,
    status: 202,
    idempotency: 'key',
    refuses: ['not_found', 'execution_running', 'pipeline_invalid', 'gates_missing'],
  }),
  listExecutions: route({
    method: 'GET',
    path: '/v1/executions',
    plane: 'control',
    permission: 'executions:read',
    summary: 'Executions, newest first.',
    request: z.strictObject({
      pipeline: Name.optional(),
      status: z.enum(EXECUTION_STATUSES).optional(),
      ...pageQuery,
    }),
    response: pageOf(Execution),
    paged: true,
    refuses: ['cursor_invalid'],
  }),
  findExecution: route({
    method: 'GET',
    path: '/v1/executions/{execution}',
    plane: 'control',
    permission: 'executions:read',
    summary: 'One execution with its steps, its evaluation, what the gates said and the approval it waits for.',
    request: z.strictObject({ execution: Id }),
    response: ExecutionInFull,
    refuses: ['not_found'],
  }),
};
