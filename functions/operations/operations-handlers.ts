import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { PredictionFiles } from '#adapters/s3/prediction-files.ts';
import type { Uploads } from '#adapters/s3/uploads.ts';
import type { operationsRoutes } from '#api/operations-routes.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import { batchHandlers } from './batches.ts';
import { evaluationHandlers } from './evaluations.ts';
import { memberHandlers } from './members.ts';
import { monitorHandlers } from './monitors.ts';
import { policyHandlers } from './policies.ts';
import { retrainingHandlers } from './retrainings.ts';
import { rolloutHandlers } from './rollouts.ts';
import { runHandlers } from './runs.ts';
import { webhookHandlers } from './webhooks.ts';

export interface OperationsDeps {
  readonly plane: ControlPlane;
  /** An address that downloads the object for a quarter of an hour. */
  readonly downloadUrl: (key: string) => Promise<string>;
  readonly uploads: Uploads;
  readonly files: Pick<PredictionFiles, 'between'>;
  /** Whether webhooks may go where only we can reach. */
  readonly privateAddresses: boolean;
}

/** Every route that `api/` declares for this plane must stand here, or this does not compile. */
export function operationsHandlers(deps: OperationsDeps): Handlers<typeof operationsRoutes> {
  return {
    ...rolloutHandlers(deps),
    ...monitorHandlers(deps),
    ...webhookHandlers(deps),
    ...retrainingHandlers(deps),
    ...batchHandlers(deps),
    ...runHandlers(deps.plane),
    ...evaluationHandlers(deps),
    ...policyHandlers(deps.plane),
    ...memberHandlers(deps.plane),
  };
}
