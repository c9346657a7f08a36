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
    .enum(['recorded', 'duplicate', 'contradicting', 'early'])
    .describe(
      'recorded: stored. duplicate: the same value was stored before. contradicting: another value was stored before and stays. ' +
        'early: stored, and joins the prediction when it reaches the log.',
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
