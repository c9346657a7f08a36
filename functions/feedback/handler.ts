import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoStore } from '#adapters/mongo/mongo-store.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import { groundTruthRoutes } from '#api/ground-truth.ts';
import { predictionRoutes } from '#api/predictions.ts';
import { findPrediction, recordGroundTruth } from '#core/serving/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { asAnswer } from './as-answer.ts';

const { MONGO_SECRET_ARN = '', SSL_CA_FILE } = process.env;
if (!MONGO_SECRET_ARN) throw new Error('MONGO_SECRET_ARN must be set');

const connect = mongoStore({ secrets: new SecretsManagerClient({}), secretArn: MONGO_SECRET_ARN, caFile: SSL_CA_FILE });
const stores = { labels: mongoLabels(connect), predictions: mongoPredictions(connect) };

export const handler = serve(
  { findPrediction: predictionRoutes.findPrediction, ...groundTruthRoutes },
  {
    findPrediction: async (ctx, { prediction }) => asAnswer(await findPrediction(stores, ctx, prediction)),
    recordGroundTruth: async (ctx, { labels }) => ({ labels: await recordGroundTruth(stores, ctx, labels) }),
  },
  { name: 'feedback', env: process.env },
);
