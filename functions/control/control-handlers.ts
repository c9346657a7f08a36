import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { s3DownloadUrl } from '#adapters/s3/download-url.ts';
import { s3Uploads } from '#adapters/s3/uploads.ts';
import type { controlRoutes } from '#api/control-routes.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import { approvalHandlers } from './approvals.ts';
import { datasetHandlers } from './datasets.ts';
import { type CheckBell, executionHandlers } from './executions.ts';
import { modelHandlers } from './models.ts';
import { pipelineHandlers } from './pipelines.ts';
import { systemHandlers } from './system.ts';
import { uploadHandlers } from './uploads.ts';

/** What the client must be made with: a checksum of its own in a presigned URL would refuse the caller's upload. */
export const S3_OPTIONS = { requestChecksumCalculation: 'WHEN_REQUIRED' } as const satisfies S3ClientConfig;

export interface ControlDeps {
  readonly plane: ControlPlane;
  readonly bell: CheckBell;
  readonly s3: S3Client;
  readonly bucket: string;
  /** On which the stage lets anybody train. */
  readonly instanceTypes: readonly string[];
}

/** Every route that `api/` declares for this plane must stand here, or this does not compile. */
export function controlHandlers({ plane, bell, s3, bucket, instanceTypes }: ControlDeps): Handlers<typeof controlRoutes> {
  const uploads = s3Uploads(s3, bucket);
  const reading = { plane, downloadUrl: s3DownloadUrl(s3, bucket), findObject: uploads.find };
  return {
    ...systemHandlers(),
    ...uploadHandlers(uploads),
    ...datasetHandlers(plane, uploads),
    ...pipelineHandlers(plane, instanceTypes),
    ...executionHandlers({ ...reading, bell, instanceTypes }),
    ...approvalHandlers(reading),
    ...modelHandlers(reading),
  };
}
