import { availableParallelism } from 'node:os';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { dataBucketFrom } from '#functions/_stores/data-bucket-from.ts';
import { required } from '#functions/_stores/required.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';

/** Node, the model and the metrics want room beside DuckDB. */
const DUCKDB_SHARE = 0.5;
const DEFAULT_MEMORY_MB = 1024;

/** What every step works with, made once per container from what the deployment says. */
export function stepStores(env: Environment) {
  const memory = Number(env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? DEFAULT_MEMORY_MB);
  return {
    plane: controlPlaneFrom(env),
    objects: dataBucketFrom(env),
    bucket: required(env, 'DATA_BUCKET'),
    memoryMb: Math.floor(memory * DUCKDB_SHARE),
    threads: Math.min(4, availableParallelism()),
  };
}
