import { demandGates, type Policies } from '#core/governance/index.ts';
import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import { compilePlan } from './compile-plan.ts';
import type { Execution, Executions, Pipelines } from './ports.ts';

export interface StartExecution {
  readonly pipeline: string;
  readonly pipelineVersion?: number | undefined;
  readonly datasetVersion?: number | undefined;
  readonly environment?: string | undefined;
}

export interface StartExecutionTx extends Recorder {
  readonly pipelines: Pipelines;
  readonly executions: Executions;
  readonly policies: Pick<Policies, 'current'>;
  readonly datasets: {
    findVersion(dataset: string, number?: number): Promise<{ readonly id: string; readonly number: number } | undefined>;
  };
}

/** Orders one execution of a pipeline on one dataset version. One at a time per pipeline: a second is refused until the first has ended. */
export async function startExecution(
  tx: StartExecutionTx,
  ctx: Context,
  { pipeline, pipelineVersion, datasetVersion, environment }: StartExecution,
): Promise<Execution> {
  const version = await tx.pipelines.find(pipeline, pipelineVersion);
  if (!version) {
    throw new DomainError({
      code: 'not_found',
      what: 'pipeline',
      id: pipelineVersion ? `${pipeline}/versions/${pipelineVersion}` : pipeline,
    });
  }
  const plan = compilePlan(version.definition, environment);
  // It may have become stricter since the pipeline was put.
  const policy = await tx.policies.current();
  demandGates(policy, { model: plan.deployment.model, environment: plan.environment, gates: plan.gates });
  const dataset = await tx.datasets.findVersion(plan.dataset, datasetVersion);
  if (!dataset) {
    throw new DomainError({
      code: 'not_found',
      what: 'dataset',
      id: datasetVersion ? `${plan.dataset}/versions/${datasetVersion}` : plan.dataset,
    });
  }
  await tx.pipelines.lock(pipeline, ctx.principal.id);
  const running = await tx.executions.running(pipeline);
  if (running) throw new DomainError({ code: 'execution_running', execution: running.id });
  const { id } = await tx.executions.add(
    {
      pipelineVersionId: version.id,
      datasetVersionId: dataset.id,
      environment,
      plan,
      policyVersion: policy.version,
      createdBy: ctx.principal.id,
      createdByKind: ctx.principal.kind,
      traceparent: ctx.traceparent,
    },
    ctx.now,
  );
  const data = {
    pipeline,
    pipelineVersion: version.number,
    dataset: plan.dataset,
    datasetVersion: dataset.number,
    environment,
    policyVersion: policy.version,
  };
  tx.record({ type: 'execution.queued.v1', subject: `execution/${id}`, data });
  tx.record({
    type: 'execution.ordered.v1',
    subject: `execution/${id}`,
    destination: 'execution',
    data: { stateMachine: 'training', name: id, input: { tenant: ctx.tenant, execution: id } },
  });
  const execution = await tx.executions.find(id);
  if (!execution) throw new Error(`the execution ${id} is gone within its own transaction`);
  return execution;
}
