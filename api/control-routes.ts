import { approvalRoutes } from './approvals.ts';
import { datasetRoutes } from './datasets.ts';
import { executionRoutes } from './executions.ts';
import { modelRoutes } from './models.ts';
import { pipelineRoutes } from './pipelines.ts';
import { systemRoutes } from './system.ts';
import { uploadRoutes } from './uploads.ts';

/** What the control function answers. A file of its own: whoever imports a route carries its schemas. */
export const controlRoutes = {
  ...systemRoutes,
  ...uploadRoutes,
  ...datasetRoutes,
  ...pipelineRoutes,
  ...executionRoutes,
  ...approvalRoutes,
  ...modelRoutes,
};
