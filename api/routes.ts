import { controlRoutes } from './control-routes.ts';
import { docsRoutes } from './docs.ts';
import { groundTruthRoutes } from './ground-truth.ts';
import { operationsRoutes } from './operations-routes.ts';
import { predictionRoutes } from './predictions.ts';
import type { Route } from './route.ts';
import { watchRoutes } from './watch.ts';

/** Every route of the API by operation id, in the order in which the document tells them. */
export const ROUTES: Readonly<Record<string, Route>> = {
  ...controlRoutes,
  ...docsRoutes,
  ...operationsRoutes,
  ...watchRoutes,
  ...predictionRoutes,
  ...groundTruthRoutes,
};
