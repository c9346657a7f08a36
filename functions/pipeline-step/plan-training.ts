import { startRun } from '#core/experiments/index.ts';
import { type Context, canonicalJson, DomainError } from '#core/kernel/index.ts';
import { type Execution, trainingJob } from '#core/pipelines/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf, type StepOutputs } from '#functions/_steps/step-outputs.ts';
import { keys } from '#functions/_stores/keys.ts';
import { sha256 } from '#functions/_stores/sha256.ts';
import type { PipelineStepDeps } from './deps.ts';
import { trainInputs } from './train-inputs.ts';

/** Decides whether a job is needed: a model recorded for the same inputs is taken, else the next attempt's job and run are made. */
export function planTraining(deps: PipelineStepDeps): Step {
  const { log } = recordingIn(deps.plane);
  return async ({ ctx, execution }) => {
    const split = await outputOf(deps.plane, ctx, execution, 'split');
    const inputHash = sha256(canonicalJson(trainInputs(deps, execution, split)));
    const { attempt, recorded } = await log.begin(ctx, { execution: execution.id, step: 'train', inputHash });
    if (recorded) {
      const { runId } = recorded as unknown as StepOutputs['train'];
      await deps.plane.write(ctx, {}, (tx) => tx.executions.change(execution.id, { runId }, ctx.now));
      return { cached: true, output: recorded };
    }
    const runId = sha256(`${execution.id}/${attempt}`).slice(0, 32);
    try {
      const job = trainingJob(execution.plan, {
        tenant: ctx.tenant,
        execution: execution.id,
        attempt,
        runId,
        bucket: deps.bucket,
        region: deps.region,
        roleArn: deps.roleArn,
        images: deps.images,
        train: split.parts.train.key,
        validation: split.parts.validation.key,
        sourceUri: await sourceUri(deps, ctx, execution),
        outputPrefix: keys.run(ctx.tenant, runId),
        traceparent: ctx.traceparent,
      });
      await openRun(deps, ctx, execution, runId, job.TrainingJobName, split);
      return { cached: false, job };
    } catch (error) {
      if (error instanceof DomainError) {
        await log.fail(ctx, { execution: execution.id, step: 'train', attempt, status: 'refused', failure: { ...error.failure } });
      }
      throw error;
    }
  };
}

async function sourceUri(deps: PipelineStepDeps, ctx: Context, { plan }: Execution): Promise<string> {
  const { source } = plan.training;
  if (!source) return deps.builtinSource;
  const key = keys.source(ctx.tenant, source.sha256);
  if (!(await deps.objects.exists(key))) throw new DomainError({ code: 'upload_missing', sha256: source.sha256 });
  return `s3://${deps.bucket}/${key}`;
}

async function openRun(
  deps: PipelineStepDeps,
  ctx: Context,
  execution: Execution,
  runId: string,
  job: string,
  { parts }: StepOutputs['split'],
): Promise<void> {
  const { plan } = execution;
  const { algorithm, source, hyperparameters, image, seed, instanceType } = plan.training;
  const params = {
    algorithm: algorithm ?? source?.entryPoint ?? '',
    seed: String(seed),
    image,
    instance_type: instanceType,
    ...Object.fromEntries(Object.entries(hyperparameters).map(([name, value]) => [name, String(value)])),
  };
  const tags = {
    'sluice.execution': execution.id,
    'sluice.pipeline_version': String(execution.pipelineVersion),
    'sluice.dataset': `${execution.dataset}/versions/${execution.datasetVersion}`,
    'sluice.training_job': job,
    'sluice.train_rows': String(parts.train.rows),
    'mlflow.user': execution.createdBy,
    'mlflow.source.name': job,
  };
  await deps.plane.write(ctx, {}, async (tx) => {
    await startRun(tx, ctx, {
      id: runId,
      experiment: plan.pipeline,
      name: job,
      artifactUri: `s3://${deps.bucket}/${keys.run(ctx.tenant, runId)}`,
      params,
      tags,
    });
    await tx.executions.change(execution.id, { runId }, ctx.now);
  });
}
