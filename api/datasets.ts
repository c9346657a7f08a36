import * as z from 'zod';
import { Id, Label, Moment, Name, Sha256, VersionInPath, VersionNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

export const Dataset = z.object({ name: Name, latest: VersionNumber, createdBy: z.string(), createdAt: Moment });

export const DatasetVersion = z.object({
  id: Id,
  dataset: Name,
  number: VersionNumber,
  label: z.string().nullable(),
  sha256: Sha256,
  bytes: z.int(),
  format: z.literal('parquet'),
  createdBy: z.string(),
  createdAt: Moment,
});

export const datasetRoutes = {
  createDatasetVersion: route({
    method: 'POST',
    path: '/v1/datasets/{dataset}/versions',
    plane: 'control',
    permission: 'datasets:write',
    summary: 'Registers uploaded rows as the next version. Content that is a version already is that version.',
    request: z.strictObject({ dataset: Name, sha256: Sha256, format: z.literal('parquet'), label: Label.optional() }),
    response: DatasetVersion,
    status: 201,
    idempotency: 'key',
    refuses: ['upload_missing', 'upload_mismatch'],
  }),
  listDatasets: route({
    method: 'GET',
    path: '/v1/datasets',
    plane: 'control',
    permission: 'datasets:read',
    summary: 'Datasets by name.',
    request: z.strictObject(pageQuery),
    response: pageOf(Dataset),
    paged: true,
  }),
  listDatasetVersions: route({
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions',
    plane: 'control',
    permission: 'datasets:read',
    summary: 'Versions of a dataset, newest first.',
    request: z.strictObject({ dataset: Name, ...pageQuery }),
    response: pageOf(DatasetVersion),
    paged: true,
  }),
  findDatasetVersion: route({
    method: 'GET',
    path: '/v1/datasets/{dataset}/versions/{version}',
    plane: 'control',
    permission: 'datasets:read',
    summary: 'One version of a dataset.',
    request: z.strictObject({ dataset: Name, version: VersionInPath }),
    response: DatasetVersion,
    refuses: ['not_found'],
  }),
};
