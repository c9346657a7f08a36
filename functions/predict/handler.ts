import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { sqsPredictionQueue } from '#adapters/sqs/prediction-queue.ts';
import { predictionRoutes } from '#api/predictions.ts';
import { type PredictPorts, predict, type ServedCall } from '#core/serving/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { dataBucketFrom } from '#functions/_stores/data-bucket-from.ts';
import { required } from '#functions/_stores/required.ts';
import { modelCache } from './model-cache.ts';
import { predictionIds } from './prediction-ids.ts';
import { rememberedRouting } from './remembered-routing.ts';
import { servingMetrics } from './serving-metrics.ts';
import { stopwatch } from './stopwatch.ts';

const MODEL_LIMIT_BYTES = 256 * 1024 * 1024;

const store = dataBucketFrom(process.env);
const ports: Omit<PredictPorts, 'observe'> = {
  routing: rememberedRouting(dynamoRouting(new DynamoDBClient(), required(process.env, 'ROUTING_TABLE'))),
  models: modelCache({ read: (key) => store.read(key), limitBytes: MODEL_LIMIT_BYTES }),
  // By the client's endpoint and not by the host in the queue's URL, which only the queue's own region knows.
  queue: sqsPredictionQueue(new SQSClient({ useQueueUrlAsEndpoint: false }), required(process.env, 'PREDICTION_QUEUE_URL')),
  time: stopwatch,
};

export const handler = serve(
  { createPredictions: predictionRoutes.createPredictions },
  {
    async createPredictions(ctx, { model, rows }, { headers }) {
      const ids = predictionIds(ctx.tenant, model, rows, headers['idempotency-key']);
      // Written as it is: the console would put a time and a level in front.
      const observe = (served: ServedCall) => void process.stdout.write(`${servingMetrics(ctx.tenant, served)}\n`);
      return predict({ ...ports, observe }, ctx, { model, rows: rows.map((row, index) => ({ ...row, id: ids[index] as string })) });
    },
  },
  { name: 'predict', env: process.env },
);
