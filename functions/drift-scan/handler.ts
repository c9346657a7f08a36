import { Metrics } from '@aws-lambda-powertools/metrics';
import { S3Client } from '@aws-sdk/client-s3';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoReports } from '#adapters/mongo/reports.ts';
import { s3PredictionFiles } from '#adapters/s3/prediction-files.ts';
import { serveTask } from '#functions/_steps/serve-task.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { driftScanTasks } from './tasks.ts';

const env = process.env;
const stores = stepStores(env);
const mongo = mongoFrom(env);
// An endpoint that is not AWS's own has no name for each bucket.
const s3 = new S3Client({ forcePathStyle: env['AWS_ENDPOINT_URL'] !== undefined });

export const handler = serveTask(
  'drift-scan',
  driftScanTasks({
    ...stores,
    files: s3PredictionFiles(s3, stores.bucket),
    labels: mongoLabels(mongo),
    reports: mongoReports(mongo),
    metrics: new Metrics({ namespace: 'Sluice', serviceName: 'drift-scan' }),
  }),
  env,
);
