import * as z from 'zod';
import { route } from './route.ts';

const Label = z.strictObject({
  predictionId: z.uuid().transform((id) => id.toLowerCase()),
  value: z.boolean().describe('Whether the positive class was what happened.'),
  observedAt: z.iso
    .datetime({ offset: true })
    .transform((time) => new Date(time).toISOString())
    .optional()
    .describe('When it was observed. The moment of the call unless given.'),
});

const LabelAnswer = z.strictObject({
  predictionId: z.string(),
  status: z
    .enum(['recorded', 'early', 'duplicate', 'contradicting', 'unknown'])
    .describe(
      'recorded: stored, and the prediction is in the log. ' +
        'early: stored, and joins the prediction when it reaches the log, which does not have it so far (or no longer: it is asked for 30 days). ' +
        'duplicate: the same value was stored before. contradicting: the other value was stored before and stays; who sent this one is noted. ' +
        'unknown: the same value was stored early, more than a day ago, and there is still no such prediction: look whether the id is right.',
    ),
  late: z
    .boolean()
    .describe(
      'Whether it came, or was observed, more than 30 days after the prediction was given. It is kept and shown with the prediction, ' +
        'but scans of that time will not be done again for it.',
    ),
});

export const groundTruthRoutes = {
  recordGroundTruth: route({
    method: 'POST',
    path: '/v1/ground-truth',
    plane: 'feedback',
    permission: 'ground-truth:write',
    summary: 'Tell what really happened, for 1 to 1,000 predictions. Each line has its own answer; repeating it changes nothing.',
    request: z.strictObject({ labels: z.array(Label).min(1).max(1000) }),
    response: z.strictObject({ labels: z.array(LabelAnswer).readonly() }),
    idempotency: 'natural',
  }),
} as const;
