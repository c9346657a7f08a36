import * as z from 'zod';
import { BATCH_STATUSES } from '#core/batch/index.ts';
import { Id, Moment, Name, Sha256, VersionNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const Batch = z.object({
  id: Id,
  model: Name,
  version: VersionNumber,
  status: z.enum(BATCH_STATUSES),
  format: z.enum(['parquet', 'csv']),
  parts: z.int().nullable(),
  rows: z.int().nullable().describe('Rows of the input, and so of the output.'),
  badRows: z.int().nullable().describe('How many of them could not be scored.'),
  outputUrl: z
    .url()
    .nullable()
    .describe(
      'Parquet with one row for each row of the input, in its order: "row" (from 0), the input\'s own "id" when it has one, "version", "label", "score" and "status" (scored or bad). Works for 15 minutes; null before it is there, and once the policy keeps it no longer.',
    ),
  badRowsUrl: z
    .url()
    .nullable()
    .describe('Parquet with what is wrong with each bad row: "row", "feature", "problem" and "message". Works for 15 minutes.'),
  failure: z.looseObject({ code: z.string() }).nullable(),
  createdBy: z.string(),
  createdAt: Moment,
  startedAt: Moment.nullable(),
  endedAt: Moment.nullable(),
});

export const batchRoutes = {
  createBatch: route({
    method: 'POST',
    path: '/v1/models/{model}/batches',
    plane: 'operations',
    permission: 'batches:create',
    summary:
      'Orders predictions for every row of an uploaded file, by the live version unless another is named. The same again after a failure takes over the parts that are done.',
    request: z.strictObject({
      model: Name,
      sha256: Sha256.describe('Of a file uploaded by POST /v1/uploads with the kind "batch".'),
      format: z
        .enum(['parquet', 'csv'])
        .describe('A CSV is UTF-8 with commas and a header. Columns that the model does not take are let be.'),
      version: VersionNumber.optional(),
    }),
    response: Batch,
    status: 202,
    idempotency: 'key',
    refuses: ['not_found', 'model_not_live', 'upload_missing', 'upload_mismatch', 'batch_too_large'],
  }),
  listBatches: route({
    method: 'GET',
    path: '/v1/models/{model}/batches',
    plane: 'operations',
    permission: 'batches:read',
    summary: "A model's batches, newest first.",
    request: z.strictObject({ model: Name, ...pageQuery }),
    response: pageOf(Batch),
    paged: true,
    refuses: ['not_found', 'cursor_invalid'],
  }),
  findBatch: route({
    method: 'GET',
    path: '/v1/batches/{batch}',
    plane: 'operations',
    permission: 'batches:read',
    summary: 'One batch, and where its answers lie.',
    request: z.strictObject({ batch: Id }),
    response: Batch,
    refuses: ['not_found'],
  }),
};
