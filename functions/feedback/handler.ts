import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import { groundTruthRoutes } from '#api/ground-truth.ts';
import { predictionRoutes } from '#api/predictions.ts';
import { findPrediction, recordGroundTruth } from '#core/serving/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { asAnswer } from './as-answer.ts';

const connect = mongoFrom(process.env);
const stores = { labels: mongoLabels(connect), predictions: mongoPredictions(connect) };

export const handler = serve(
  { findPrediction: predictionRoutes.findPrediction, ...groundTruthRoutes },
  {
    findPrediction: async (ctx, { prediction }) => asAnswer(await findPrediction(stores, ctx, prediction)),
    recordGroundTruth: async (ctx, { labels }) => ({ labels: await recordGroundTruth(stores, ctx, labels) }),
  },
  { name: 'feedback', env: process.env },
);
