import * as z from 'zod';
import { LARGEST_DATASET_BYTES } from '#core/data/index.ts';
import { Moment, Sha256 } from './fields.ts';
import { route } from './route.ts';

export const uploadRoutes = {
  createUpload: route({
    method: 'POST',
    path: '/v1/uploads',
    plane: 'control',
    permission: 'uploads:create',
    summary: 'A URL to PUT a file to: send exactly these bytes with exactly these headers before it expires.',
    request: z.strictObject({
      kind: z
        .enum(['dataset', 'source', 'batch'])
        .describe('Rows to learn from as Parquet, the code of a training job as .tar.gz, or rows to predict as Parquet or CSV.'),
      sha256: Sha256,
      bytes: z.int().min(1).max(LARGEST_DATASET_BYTES),
    }),
    response: z.object({
      url: z.url(),
      headers: z.record(z.string(), z.string()),
      expiresAt: Moment,
      alreadyThere: z.boolean().describe('The content is stored already: nothing has to be sent.'),
    }),
    status: 201,
    idempotency: 'natural',
  }),
};
