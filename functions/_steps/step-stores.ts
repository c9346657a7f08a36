import { availableParallelism } from 'node:os';
import { S3Client } from '@aws-sdk/client-s3';
import { s3ObjectStore } from '#adapters/s3/object-store.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { required } from '#functions/_stores/required.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';

/** Node, the model and the metrics want room beside DuckDB. */
const DUCKDB_SHARE = 0.5;
const DEFAULT_MEMORY_MB = 1024;

/** What every step works with, made once per container from what the deployment says. */
export function stepStores(env: Environment) {
  const bucket = required(env, 'DATA_BUCKET');
  const client = new S3Client({ forcePathStyle: env['AWS_ENDPOINT_URL'] !== undefined });
  const memory = Number(env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? DEFAULT_MEMORY_MB);
  return {
    plane: controlPlaneFrom(env),
    objects: s3ObjectStore(client, bucket),
    bucket,
    memoryMb: Math.floor(memory * DUCKDB_SHARE),
    threads: Math.min(4, availableParallelism()),
  };
}
