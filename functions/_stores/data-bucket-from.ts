import { S3Client } from '@aws-sdk/client-s3';
import { type ObjectStore, s3ObjectStore } from '#adapters/s3/object-store.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { clientTimeouts } from './client-timeouts.ts';
import { required } from './required.ts';

/** The stage's bucket. */
export function dataBucketFrom(env: Environment): ObjectStore {
  return s3ObjectStore(s3From(env), required(env, 'DATA_BUCKET'));
}

/** S3. An endpoint that is not AWS's own has no name for each bucket. */
export function s3From(env: Environment): S3Client {
  return new S3Client({ ...clientTimeouts({ silenceMs: 20_000 }), forcePathStyle: env['AWS_ENDPOINT_URL'] !== undefined });
}
