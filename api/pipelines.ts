import * as z from 'zod';
import { Moment, Name, Sha256, VersionInPath, VersionNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

export const PipelineVersion = z.object({
  pipeline: Name,
  version: VersionNumber,
  source: z.string(),
  sourceSha256: Sha256,
  environments: z.array(z.string()),
  createdBy: z.string(),
  createdAt: Moment,
});

const Pipeline = z.object({ name: Name, latestVersion: VersionNumber, createdBy: z.string(), createdAt: Moment });

/** A pipeline file that a person writes stays far below this; it keeps a request out of the megabytes. */
const LONGEST_SOURCE = 200_000;

export const pipelineRoutes = {
  putPipeline: route({
    method: 'PUT',
    path: '/v1/pipelines/{pipeline}',
    plane: 'control',
    permission: 'pipelines:write',
    summary: 'Stores the text of a pipeline.yaml as the pipeline’s next version; a text that is already stored is the version it is.',
    request: z.strictObject({ pipeline: Name, source: z.string().min(1).max(LONGEST_SOURCE) }),
    response: PipelineVersion,
    idempotency: 'natural',
    refuses: ['pipeline_invalid', 'gates_missing'],
  }),
  listPipelines: route({
    method: 'GET',
    path: '/v1/pipelines',
    plane: 'control',
    permission: 'pipelines:read',
    summary: 'The pipelines of the tenant, by name.',
    request: z.strictObject(pageQuery),
    response: pageOf(Pipeline),
    paged: true,
    refuses: ['cursor_invalid'],
  }),
  findPipeline: route({
    method: 'GET',
    path: '/v1/pipelines/{pipeline}',
    plane: 'control',
    permission: 'pipelines:read',
    summary: 'One version of a pipeline with its text; the newest unless one is named.',
    request: z.strictObject({ pipeline: Name, version: VersionInPath.optional() }),
    response: PipelineVersion,
    refuses: ['not_found'],
  }),
};
