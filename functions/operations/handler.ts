import { S3Client } from '@aws-sdk/client-s3';
import { s3DownloadUrl } from '#adapters/s3/download-url.ts';
import { s3PredictionFiles } from '#adapters/s3/prediction-files.ts';
import { s3Uploads } from '#adapters/s3/uploads.ts';
import { operationsRoutes } from '#api/operations-routes.ts';
import { serve } from '#functions/_http/serve.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { s3From } from '#functions/_stores/data-bucket-from.ts';
import { required } from '#functions/_stores/required.ts';
import { operationsHandlers } from './operations-handlers.ts';

const env = process.env;
const s3 = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
const bucket = required(env, 'DATA_BUCKET');
const privateAddresses = env['WEBHOOK_PRIVATE_ADDRESSES'] === 'true';
const files = s3PredictionFiles(s3From(env), bucket);
const deps = {
  privateAddresses,
  plane: controlPlaneFrom(env),
  downloadUrl: s3DownloadUrl(s3, bucket),
  uploads: s3Uploads(s3, bucket),
  files,
};

export const handler = serve(operationsRoutes, operationsHandlers(deps), { name: 'operations', env });
