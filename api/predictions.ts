import * as z from 'zod';
import { Name } from './fields.ts';
import { route } from './route.ts';

const PredictionId = z.uuid().transform((id) => id.toLowerCase());

/** A time that can be a partition of the log: four digits of year. */
const EventTime = z.iso
  .datetime({ offset: true })
  .transform((time) => new Date(time).toISOString())
  .refine((time) => /^\d{4}-/.test(time) && time >= '1900', 'a time from 1900 to 9999');

const FeatureValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);

const Row = z.strictObject({
  id: PredictionId.optional().describe(
    'Given by the caller, else derived from the Idempotency-Key header, the place and the content of the row, else made here.',
  ),
  unit: z.string().min(1).max(256).optional().describe('Whom or what the prediction is about; the same unit meets the same arm.'),
  eventTime: EventTime.optional().describe('When what is predicted happens. The moment of the call unless given.'),
  features: z.record(z.string(), FeatureValue),
});

const Rows = z
  .array(Row)
  .min(1)
  .max(256)
  .refine((rows) => isDistinct(rows.flatMap(({ id }) => (id === undefined ? [] : [id]))), 'two rows have the same id');

function isDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

const PredictionAnswer = z.strictObject({
  row: z.int().describe('The place of the row in the request, from 0.'),
  id: z.string(),
  label: z.boolean().describe('Whether the score reaches the threshold of the model’s signature.'),
  score: z.number().describe('Probability of the positive class.'),
  version: z.int(),
  arm: z.string(),
});

const GroundTruthOfPrediction = z.strictObject({
  value: z.boolean(),
  observedAt: z.string(),
  receivedAt: z.string(),
  contradictedBy: z.array(z.string()).readonly().describe('Who sent the other value later; the first one stays.'),
});

export const predictionRoutes = {
  createPredictions: route({
    method: 'POST',
    path: '/v1/models/{model}/predictions',
    plane: 'predict',
    permission: 'predictions:create',
    summary: 'Predict 1 to 256 rows. Answered means logged: every row that a version serves, or none.',
    request: z.strictObject({ model: Name, rows: Rows }),
    response: z.strictObject({
      model: z.string(),
      version: z.int().describe('The version that is live.'),
      predictions: z.array(PredictionAnswer).readonly(),
      unserved: z
        .array(z.int())
        .readonly()
        .describe('The places of the rows that no version serves yet, while a first version is rolled out: send them again later.'),
    }),
    refuses: ['model_not_live', 'features_invalid', 'payload_too_large'],
  }),

  findPrediction: route({
    method: 'GET',
    path: '/v1/predictions/{prediction}',
    plane: 'feedback',
    permission: 'predictions:read',
    summary: 'A logged prediction and, once known, what really happened. A prediction is found a moment after it was given, for 30 days.',
    request: z.strictObject({ prediction: PredictionId }),
    response: z.strictObject({
      id: z.string(),
      model: z.string(),
      version: z.int(),
      arm: z.string(),
      unit: z.string().optional(),
      eventTime: z.string(),
      receivedAt: z.string(),
      features: z.record(z.string(), FeatureValue).readonly(),
      output: z.strictObject({ label: z.boolean(), score: z.number() }),
      groundTruth: GroundTruthOfPrediction.nullable(),
    }),
    refuses: ['not_found'],
  }),
} as const;
