import type { Transaction } from 'kysely';
import type { Recorder } from '#core/kernel/index.ts';
import { postgresEvaluations } from './evaluations.ts';
import { postgresExecutions } from './executions.ts';
import { postgresPipelines } from './pipelines.ts';
import { postgresSteps } from './steps.ts';
import type { Tables } from './tables.ts';

/** Every repository bound to one transaction of one tenant, and the recorder of what the use case made true. */
export function controlTx(trx: Transaction<Tables>, recorder: Recorder) {
  return {
    ...recorder,
    pipelines: postgresPipelines(trx),
    executions: postgresExecutions(trx),
    steps: postgresSteps(trx),
    evaluations: postgresEvaluations(trx),
  };
}

export type ControlTx = ReturnType<typeof controlTx>;
