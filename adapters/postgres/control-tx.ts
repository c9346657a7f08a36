import type { Transaction } from 'kysely';
import type { Recorder } from '#core/kernel/index.ts';
import { postgresAliases } from './aliases.ts';
import { postgresApprovals } from './approvals.ts';
import { postgresBatches } from './batches.ts';
import { postgresDatasets } from './datasets.ts';
import { postgresDeployments } from './deployments.ts';
import { postgresEvaluations } from './evaluations.ts';
import { postgresExecutions } from './executions.ts';
import { postgresExperiments } from './experiments.ts';
import { postgresMembers, postgresTenants } from './members.ts';
import { postgresModelVersions } from './model-versions.ts';
import { postgresModels } from './models.ts';
import { postgresMonitors } from './monitors.ts';
import { postgresPipelines } from './pipelines.ts';
import { postgresPolicies } from './policies.ts';
import { postgresRetrainings } from './retrainings.ts';
import { postgresRollouts } from './rollouts.ts';
import { postgresRuns } from './runs.ts';
import { postgresScans } from './scans.ts';
import { postgresSteps } from './steps.ts';
import type { Tables } from './tables.ts';
import { postgresWebhookEndpoints } from './webhook-endpoints.ts';

/** Every repository bound to one transaction of one tenant, and the recorder of what the use case made true. */
export function controlTx(trx: Transaction<Tables>, recorder: Recorder) {
  return {
    ...recorder,
    tenants: postgresTenants(trx),
    members: postgresMembers(trx),
    datasets: postgresDatasets(trx),
    experiments: postgresExperiments(trx),
    runs: postgresRuns(trx),
    models: postgresModels(trx),
    modelVersions: postgresModelVersions(trx),
    aliases: postgresAliases(trx),
    deployments: postgresDeployments(trx),
    rollouts: postgresRollouts(trx),
    policies: postgresPolicies(trx),
    approvals: postgresApprovals(trx),
    pipelines: postgresPipelines(trx),
    executions: postgresExecutions(trx),
    steps: postgresSteps(trx),
    evaluations: postgresEvaluations(trx),
    monitors: postgresMonitors(trx),
    scans: postgresScans(trx),
    batches: postgresBatches(trx),
    webhooks: postgresWebhookEndpoints(trx),
    retrainings: postgresRetrainings(trx),
  };
}

export type ControlTx = ReturnType<typeof controlTx>;
