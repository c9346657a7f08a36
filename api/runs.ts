import * as z from 'zod';
import { RUN_STATUSES } from '#core/experiments/index.ts';
import { Id, Moment, Name, RunId } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const Experiment = z.object({ id: Id, name: z.string(), createdAt: Moment, updatedAt: Moment });

/** JSON has no NaN and no infinity; they travel as text. */
const MetricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

export const Run = z.object({
  id: RunId,
  experiment: z.string(),
  name: z.string(),
  status: z.enum(RUN_STATUSES),
  userId: z.string(),
  startedAt: Moment,
  endedAt: Moment.nullable(),
  params: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), MetricValue).describe('The latest value of each metric.'),
});

export const runRoutes = {
  listExperiments: route({
    method: 'GET',
    path: '/v1/experiments',
    plane: 'operations',
    permission: 'runs:read',
    summary: 'Experiments by name; each pipeline has the one of its own name.',
    request: z.strictObject(pageQuery),
    response: pageOf(Experiment),
    paged: true,
  }),
  listRuns: route({
    method: 'GET',
    path: '/v1/experiments/{experiment}/runs',
    plane: 'operations',
    permission: 'runs:read',
    summary: 'Runs of an experiment, newest first.',
    request: z.strictObject({ experiment: Name, ...pageQuery }),
    response: pageOf(Run),
    paged: true,
  }),
  findRun: route({
    method: 'GET',
    path: '/v1/runs/{run}',
    plane: 'operations',
    permission: 'runs:read',
    summary: 'One run with its params and latest metrics.',
    request: z.strictObject({ run: RunId }),
    response: Run,
    refuses: ['not_found'],
  }),
};
