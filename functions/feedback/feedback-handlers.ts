import { groundTruthRoutes } from '#api/ground-truth.ts';
import { predictionRoutes } from '#api/predictions.ts';
import { findPrediction, type Labels, type Predictions, recordGroundTruth } from '#core/serving/index.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import { asAnswer } from './as-answer.ts';

export interface FeedbackDeps {
  readonly labels: Labels;
  readonly predictions: Predictions;
}

export const feedbackRoutes = { findPrediction: predictionRoutes.findPrediction, ...groundTruthRoutes };

export function feedbackHandlers(stores: FeedbackDeps): Handlers<typeof feedbackRoutes> {
  return {
    findPrediction: async (ctx, { prediction }) => asAnswer(await findPrediction(stores, ctx, prediction)),
    recordGroundTruth: async (ctx, { labels }) => ({ labels: await recordGroundTruth(stores, ctx, labels) }),
  };
}
