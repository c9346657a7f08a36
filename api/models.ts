import * as z from 'zod';
import { DEPLOYMENT_STATUSES, STAGES } from '#core/registry/index.ts';
import { Id, Moment, Name, RunId, Sha256, Tags, VersionInPath, VersionNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

export const Model = z.object({
  name: Name,
  description: z.string(),
  tags: Tags,
  aliases: z.record(Name, VersionNumber),
  latestVersion: VersionNumber.nullable(),
  liveVersion: VersionNumber.nullable().describe('The version that answers predictions.'),
  createdBy: z.string(),
  createdAt: Moment,
  updatedAt: Moment,
});

export const ModelVersion = z.object({
  id: Id,
  model: Name,
  number: VersionNumber,
  label: z.string().nullable(),
  description: z.string(),
  stage: z.enum(STAGES),
  deploymentStatus: z.enum(DEPLOYMENT_STATUSES),
  runId: RunId.nullable(),
  executionId: Id.nullable(),
  datasetVersionId: Id.nullable(),
  evaluationId: Id.nullable(),
  artifactSha256: Sha256,
  artifactBytes: z.int(),
  signature: z.record(z.string(), z.unknown()).describe('The inputs and outputs of the ONNX graph.'),
  tags: Tags,
  revision: z.int(),
  createdBy: z.string(),
  createdAt: Moment,
  updatedAt: Moment,
});

const Artifact = z.object({
  name: z.enum(['model.onnx', 'signature.json', 'profile.json', 'training.json']),
  sha256: Sha256,
  bytes: z.int(),
  url: z.url().describe('Downloads the file; works for 15 minutes.'),
});

const Alias = z.object({ model: Name, alias: Name, version: VersionNumber, revision: z.int(), setBy: z.string(), setAt: Moment });

export const modelRoutes = {
  listModels: route({
    method: 'GET',
    path: '/v1/models',
    plane: 'control',
    permission: 'registry:read',
    summary: 'Models by name.',
    request: z.strictObject(pageQuery),
    response: pageOf(Model),
    paged: true,
  }),
  findModel: route({
    method: 'GET',
    path: '/v1/models/{model}',
    plane: 'control',
    permission: 'registry:read',
    summary: 'One model with its aliases.',
    request: z.strictObject({ model: Name }),
    response: Model,
    refuses: ['not_found'],
  }),
  listModelVersions: route({
    method: 'GET',
    path: '/v1/models/{model}/versions',
    plane: 'control',
    permission: 'registry:read',
    summary: 'Versions of a model, newest first.',
    request: z.strictObject({ model: Name, ...pageQuery }),
    response: pageOf(ModelVersion),
    paged: true,
  }),
  findModelVersion: route({
    method: 'GET',
    path: '/v1/models/{model}/versions/{version}',
    plane: 'control',
    permission: 'registry:read',
    summary: 'One version: where it came from, what it takes and where it stands.',
    request: z.strictObject({ model: Name, version: VersionInPath }),
    response: ModelVersion,
    concurrency: 'etag',
    refuses: ['not_found'],
  }),
  listModelArtifacts: route({
    method: 'GET',
    path: '/v1/models/{model}/versions/{version}/artifacts',
    plane: 'control',
    permission: 'registry:read',
    summary: 'The files of a version, to download: the model, its signature, and what its training saw and did.',
    request: z.strictObject({ model: Name, version: VersionInPath }),
    response: z.object({ artifacts: z.array(Artifact) }),
    refuses: ['not_found'],
  }),
  setAlias: route({
    method: 'PUT',
    path: '/v1/models/{model}/aliases/{alias}',
    plane: 'control',
    permission: 'registry:write',
    summary: 'Points a name at a version.',
    request: z.strictObject({ model: Name, alias: Name, version: VersionNumber }),
    response: Alias,
    idempotency: 'natural',
    concurrency: 'if-match',
    refuses: ['not_found', 'version_never_live'],
  }),
  setModelTags: route({
    method: 'PUT',
    path: '/v1/models/{model}/tags',
    plane: 'control',
    permission: 'registry:write',
    summary: 'Replaces the tags of a model.',
    request: z.strictObject({ model: Name, tags: Tags }),
    response: Model,
    idempotency: 'natural',
    refuses: ['not_found'],
  }),
  setModelVersionTags: route({
    method: 'PUT',
    path: '/v1/models/{model}/versions/{version}/tags',
    plane: 'control',
    permission: 'registry:write',
    summary: 'Replaces the tags of a version.',
    request: z.strictObject({ model: Name, version: VersionInPath, tags: Tags }),
    response: ModelVersion,
    idempotency: 'natural',
    concurrency: 'if-match',
    refuses: ['not_found'],
  }),
};
