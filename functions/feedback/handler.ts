import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import { serve } from '#functions/_http/serve.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { feedbackHandlers, feedbackRoutes } from './feedback-handlers.ts';

const env = process.env;
const connect = mongoFrom(env);

export const handler = serve(feedbackRoutes, feedbackHandlers({ labels: mongoLabels(connect), predictions: mongoPredictions(connect) }), {
  name: 'feedback',
  env,
});
