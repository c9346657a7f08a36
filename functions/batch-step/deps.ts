import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';

export interface BatchStepDeps {
  readonly plane: ControlPlane;
  readonly objects: ObjectStore;
  /** What DuckDB may use of the function's memory. */
  readonly memoryMb: number;
  readonly threads: number;
}

export const PARQUET = 'application/vnd.apache.parquet';
