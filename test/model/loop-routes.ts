import { approvalRoutes } from '../../api/approvals.ts';
import { executionRoutes } from '../../api/executions.ts';
import { memberRoutes } from '../../api/members.ts';
import { rolloutRoutes } from '../../api/rollouts.ts';
import type { Route } from '../../api/route.ts';
import { type Handlers, serve } from '../../functions/_http/serve.ts';
import { approvalHandlers } from '../../functions/control/approvals.ts';
import { executionHandlers } from '../../functions/control/executions.ts';
import { memberHandlers } from '../../functions/operations/members.ts';
import { rolloutHandlers } from '../../functions/operations/rollouts.ts';
import type { HttpHandler } from '../support/route-caller.ts';

export type Routes = (plane: Parameters<typeof rolloutHandlers>[0]['plane']) => {
  readonly routes: Readonly<Record<string, Route>>;
  readonly handler: HttpHandler;
};

/** The routes that people call, as their functions serve them. */
export const realRoutes: Routes = (plane) => {
  const reading = { plane, downloadUrl: async (key: string) => key, findObject: async () => undefined };
  const routes = { ...executionRoutes, ...approvalRoutes, ...memberRoutes, ...rolloutRoutes };
  const handlers: Handlers<typeof routes> = {
    ...executionHandlers({ ...reading, bell: { ringToCheck: async () => undefined }, instanceTypes: ['ml.m5.large'] } as never),
    ...approvalHandlers(reading as never),
    ...memberHandlers(plane),
    ...rolloutHandlers({ plane }),
  };
  return { routes, handler: serve(routes, handlers, { name: 'control' }) as HttpHandler };
};
