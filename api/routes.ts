import { approvalRoutes } from './approvals.ts';
import { batchRoutes } from './batches.ts';
import { datasetRoutes } from './datasets.ts';
import { evaluationRoutes } from './evaluations.ts';
import { executionRoutes } from './executions.ts';
import { groundTruthRoutes } from './ground-truth.ts';
import { memberRoutes } from './members.ts';
import { modelRoutes } from './models.ts';
import { monitorRoutes } from './monitors.ts';
import { pipelineRoutes } from './pipelines.ts';
import { predictionRoutes } from './predictions.ts';
import { retrainingRoutes } from './retrainings.ts';
import { rolloutRoutes } from './rollouts.ts';
import type { Route } from './route.ts';
import { runRoutes } from './runs.ts';
import { systemRoutes } from './system.ts';
import { uploadRoutes } from './uploads.ts';
import { watchRoutes } from './watch.ts';
import { webhookRoutes } from './webhooks.ts';

/** What the control function answers. */
export const controlRoutes = {
  ...systemRoutes,
  ...uploadRoutes,
  ...datasetRoutes,
  ...pipelineRoutes,
  ...executionRoutes,
  ...approvalRoutes,
  ...modelRoutes,
  ...evaluationRoutes,
  ...runRoutes,
  ...memberRoutes,
};

/** What the operations function answers: what happens to a model after training. Beside control, because one function may hold a megabyte of code. */
export const operationsRoutes = {
  ...rolloutRoutes,
  ...monitorRoutes,
  ...retrainingRoutes,
  ...batchRoutes,
  ...webhookRoutes,
};

/** Every route of the API by operation id, in the order in which the document tells them. */
export const ROUTES: Readonly<Record<string, Route>> = {
  ...controlRoutes,
  ...operationsRoutes,
  ...watchRoutes,
  ...predictionRoutes,
  ...groundTruthRoutes,
};
