import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { s3DownloadUrl } from '#adapters/s3/download-url.ts';
import { s3Uploads } from '#adapters/s3/uploads.ts';
import { controlRoutes } from '#api/routes.ts';
import { serve } from '#functions/_http/serve.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { required } from '#functions/_stores/required.ts';
import { approvalHandlers } from './approvals.ts';
import { datasetHandlers } from './datasets.ts';
import { evaluationHandlers } from './evaluations.ts';
import { executionHandlers } from './executions.ts';
import { memberHandlers } from './members.ts';
import { modelHandlers } from './models.ts';
import { pipelineHandlers } from './pipelines.ts';
import { runHandlers } from './runs.ts';
import { systemHandlers } from './system.ts';
import { uploadHandlers } from './uploads.ts';

const env = process.env;
const plane = controlPlaneFrom(env);
const bucket = required(env, 'DATA_BUCKET');
const s3 = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
const uploads = s3Uploads(s3, bucket);
const downloadUrl = s3DownloadUrl(s3, bucket);

/** Every route that `api/` declares for this plane must stand here, or this does not compile. */
export const handler = serve(
  controlRoutes,
  {
    ...systemHandlers(),
    ...uploadHandlers(uploads),
    ...datasetHandlers(plane, uploads),
    ...pipelineHandlers(plane),
    ...executionHandlers({ plane, bell: dynamoBell(new DynamoDBClient(), required(env, 'BELL_TABLE')), downloadUrl }),
    ...approvalHandlers(plane),
    ...modelHandlers(plane),
    ...evaluationHandlers({ plane, downloadUrl }),
    ...runHandlers(plane),
    ...memberHandlers(plane),
  },
  { name: 'control', env },
);
