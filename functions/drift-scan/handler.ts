import { Metrics } from '@aws-lambda-powertools/metrics';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoReports } from '#adapters/mongo/reports.ts';
import { s3PredictionFiles } from '#adapters/s3/prediction-files.ts';
import { serveTask } from '#functions/_steps/serve-task.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { s3From } from '#functions/_stores/data-bucket-from.ts';
import { dueRunsFrom } from '#functions/_stores/due-runs-from.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { openMachinesFrom } from '#functions/_stores/open-machines-from.ts';
import { driftScanTasks } from './tasks.ts';

const env = process.env;
const stores = stepStores(env);
const mongo = mongoFrom(env);

export const handler = serveTask(
  'drift-scan',
  driftScanTasks({
    ...stores,
    openMachines: openMachinesFrom(env),
    dueRuns: dueRunsFrom(env),
    files: s3PredictionFiles(s3From(env), stores.bucket),
    labels: mongoLabels(mongo),
    reports: mongoReports(mongo),
    metrics: new Metrics({ namespace: 'Sluice', serviceName: 'drift-scan' }),
  }),
  env,
);
