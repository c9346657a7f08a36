import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { s3ObjectStore } from '#adapters/s3/object-store.ts';
import { sqsPredictionQueue } from '#adapters/sqs/prediction-queue.ts';
import { predictionRoutes } from '#api/predictions.ts';
import { type PredictPorts, predict } from '#core/serving/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { modelCache } from './model-cache.ts';
import { predictionIds } from './prediction-ids.ts';
import { rememberedRouting } from './remembered-routing.ts';

const MODEL_LIMIT_BYTES = 256 * 1024 * 1024;

const { ROUTING_TABLE = '', DATA_BUCKET = '', PREDICTION_QUEUE_URL = '', AWS_ENDPOINT_URL } = process.env;
if (!ROUTING_TABLE || !DATA_BUCKET || !PREDICTION_QUEUE_URL)
  throw new Error('ROUTING_TABLE, DATA_BUCKET and PREDICTION_QUEUE_URL must be set');

const store = s3ObjectStore(new S3Client({ forcePathStyle: AWS_ENDPOINT_URL !== undefined }), DATA_BUCKET);
const ports: PredictPorts = {
  routing: rememberedRouting(dynamoRouting(new DynamoDBClient({}), ROUTING_TABLE)),
  models: modelCache({ read: (key) => store.read(key), limitBytes: MODEL_LIMIT_BYTES }),
  queue: sqsPredictionQueue(new SQSClient({}), PREDICTION_QUEUE_URL),
};
const metrics = new Metrics({ namespace: 'Sluice', serviceName: 'predict' });

export const handler = serve(
  { createPredictions: predictionRoutes.createPredictions },
  {
    async createPredictions(ctx, { model, rows }, { headers }) {
      const ids = predictionIds(ctx.tenant, model, rows, headers['idempotency-key']);
      const predicted = await predict(ports, ctx, { model, rows: rows.map((row, index) => ({ ...row, id: ids[index] as string })) });
      metrics.singleMetric().addMetric('predictedRows', 'Count', rows.length);
      return predicted;
    },
  },
  { name: 'predict', env: process.env },
);
