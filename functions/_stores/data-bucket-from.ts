import { S3Client } from '@aws-sdk/client-s3';
import { type ObjectStore, s3ObjectStore } from '#adapters/s3/object-store.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { required } from './required.ts';

/** The stage's bucket. An endpoint that is not AWS's own has no name for each bucket. */
export function dataBucketFrom(env: Environment): ObjectStore {
  return s3ObjectStore(new S3Client({ forcePathStyle: env['AWS_ENDPOINT_URL'] !== undefined }), required(env, 'DATA_BUCKET'));
}
