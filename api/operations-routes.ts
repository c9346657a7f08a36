import { batchRoutes } from './batches.ts';
import { evaluationRoutes } from './evaluations.ts';
import { memberRoutes } from './members.ts';
import { monitorRoutes } from './monitors.ts';
import { policyRoutes } from './policies.ts';
import { retrainingRoutes } from './retrainings.ts';
import { rolloutRoutes } from './rollouts.ts';
import { runRoutes } from './runs.ts';
import { webhookRoutes } from './webhooks.ts';

/** What the operations function answers: what training left, what happens to a model after it, and who governs it. Beside control, because one function may hold a megabyte of code. */
export const operationsRoutes = {
  ...rolloutRoutes,
  ...monitorRoutes,
  ...retrainingRoutes,
  ...batchRoutes,
  ...webhookRoutes,
  ...runRoutes,
  ...evaluationRoutes,
  ...policyRoutes,
  ...memberRoutes,
};
