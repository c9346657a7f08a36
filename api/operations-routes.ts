import { batchRoutes } from './batches.ts';
import { monitorRoutes } from './monitors.ts';
import { policyRoutes } from './policies.ts';
import { retrainingRoutes } from './retrainings.ts';
import { rolloutRoutes } from './rollouts.ts';
import { webhookRoutes } from './webhooks.ts';

/** What the operations function answers: what happens to a model after training, and the policy that it has to meet. Beside control, because one function may hold a megabyte of code. */
export const operationsRoutes = {
  ...rolloutRoutes,
  ...monitorRoutes,
  ...retrainingRoutes,
  ...batchRoutes,
  ...webhookRoutes,
  ...policyRoutes,
};
