import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { dynamoDueRuns } from '#adapters/dynamodb/due-runs.ts';
import type { dynamoOpenMachines } from '#adapters/dynamodb/open-machines.ts';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import type { PredictionFiles } from '#adapters/s3/prediction-files.ts';
import type { Reports } from '#core/monitoring/index.ts';
import type { Labels } from '#core/serving/index.ts';

export interface DriftScanDeps {
  readonly plane: ControlPlane;
  readonly openMachines: Pick<ReturnType<typeof dynamoOpenMachines>, 'enterMissing'>;
  readonly dueRuns: Pick<ReturnType<typeof dynamoDueRuns>, 'ran'>;
  readonly objects: ObjectStore;
  readonly files: PredictionFiles;
  readonly labels: Pick<Labels, 'values'>;
  readonly reports: Reports;
  /** What DuckDB may use of the function's memory. */
  readonly memoryMb: number;
  readonly threads: number;
  readonly metrics: Pick<Metrics, 'singleMetric'>;
}
