import type { predictionRoutes } from '#api/predictions.ts';
import type { ResponseOf } from '#api/route.ts';
import type { PredictionWithTruth } from '#core/serving/index.ts';

/** What the caller gets to see: without the tenant and the ids that only we use. */
export function asAnswer({ prediction, groundTruth }: PredictionWithTruth): ResponseOf<typeof predictionRoutes.findPrediction> {
  const { id, model, version, arm, unit, eventTime, receivedAt, features, output } = prediction;
  return {
    id,
    model,
    version,
    arm,
    ...(unit === undefined ? {} : { unit }),
    eventTime,
    receivedAt,
    features,
    output,
    groundTruth: groundTruth
      ? {
          value: groundTruth.value,
          observedAt: groundTruth.observedAt,
          receivedAt: groundTruth.receivedAt,
          contradictedBy: groundTruth.contradictedBy,
        }
      : null,
  };
}
