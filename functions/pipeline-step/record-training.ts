import type { Metric } from '#core/experiments/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { attemptOf } from '#core/pipelines/index.ts';
import type { Step, StepEvent } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf, type StepOutputs } from '#functions/_steps/step-outputs.ts';
import { keys } from '#functions/_stores/keys.ts';
import type { PipelineStepDeps } from './deps.ts';
import { takeModel } from './take-model.ts';

/** Takes what a finished job left: the model into content-addressed keys, its metrics into the run. Safe to retry. */
export function recordTraining(deps: PipelineStepDeps): Step {
  const { log } = recordingIn(deps.plane);
  return async ({ ctx, event, execution, past }) => {
    const { job, archiveUri, metrics, seconds, status, orderedBy, startedAt, endedAt } = parseDescription(event);
    const attempt = attemptOf(job, execution.id);
    const record = (await deps.plane.read(ctx, (tx) => tx.steps.list(execution.id))).find(
      (one) => one.step === 'train' && one.attempt === attempt,
    );
    if (!attempt || !record?.inputHash) throw new Error(`the job ${job} is no attempt of execution ${execution.id}`);
    if (record.status === 'succeeded') return outputOf(deps.plane, ctx, execution, 'train');
    const runId = execution.runId;
    if (!runId) throw new Error(`the execution ${execution.id} has no run`);
    try {
      // What a job leaves that was stopped half-way is no model, however whole it looks.
      if (status !== 'Completed') throw new DomainError({ code: 'training_failed', job, reason: `the job ended as ${status}` });
      const prefix = `s3://${deps.bucket}/${keys.run(ctx.tenant, runId)}`;
      if (!archiveUri.startsWith(prefix)) throw new Error(`the job's model lies at ${archiveUri}, outside its run`);
      const taken = await takeModel(deps, ctx, execution.plan, job, archiveUri.slice(`s3://${deps.bucket}/`.length));
      const output: StepOutputs['train'] = {
        runId,
        job,
        artifacts: taken.artifacts,
        metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, value])),
        seconds,
      };
      await deps.plane.write(ctx, {}, async (tx) => {
        await tx.runs.log(runId, { metrics, tags: trainingTags(taken.training) });
        await tx.runs.finish(runId, 'FINISHED', Date.now());
      });
      // An isolated job reaches no collector: its span is told by the first step that knows its times.
      past({ name: 'training-job', startedAt, endedAt, attributes: { job, tenant: ctx.tenant, execution: execution.id } }, orderedBy);
      return await log.succeed(ctx, {
        execution: execution.id,
        step: 'train',
        attempt,
        inputHash: record.inputHash,
        output: { ...output },
      });
    } catch (error) {
      if (error instanceof DomainError) {
        await log.fail(ctx, { execution: execution.id, step: 'train', attempt, status: 'refused', failure: { ...error.failure } });
      }
      throw error;
    }
  };
}

function parseDescription({ job, orderedBy, description }: StepEvent) {
  const told = (typeof description === 'object' && description !== null ? description : {}) as Readonly<Record<string, unknown>>;
  const artifacts = told['ModelArtifacts'] as { readonly S3ModelArtifacts?: unknown } | undefined;
  if (typeof job !== 'string' || typeof artifacts?.S3ModelArtifacts !== 'string')
    throw new TypeError('the step event carries no job or no model artifact');
  const final = Array.isArray(told['FinalMetricDataList'])
    ? (told['FinalMetricDataList'] as readonly Readonly<Record<string, unknown>>[])
    : [];
  const metrics = final.flatMap(({ MetricName, Value, Timestamp }): Metric[] =>
    typeof MetricName === 'string' && Number.isFinite(Number(Value))
      ? [{ key: MetricName, value: Number(Value), step: 0, timestamp: momentOf(Timestamp) }]
      : [],
  );
  return {
    job,
    status: typeof told['TrainingJobStatus'] === 'string' ? told['TrainingJobStatus'] : 'unknown',
    archiveUri: artifacts.S3ModelArtifacts,
    orderedBy: typeof orderedBy === 'string' && orderedBy !== '' ? orderedBy : undefined,
    startedAt: momentOf(told['TrainingStartTime']),
    endedAt: momentOf(told['TrainingEndTime']),
    metrics,
    seconds: {
      training: numberOrNull(told['TrainingTimeInSeconds']),
      billable: numberOrNull(told['BillableTimeInSeconds']),
      waiting: waitingSeconds(told['SecondaryStatusTransitions']),
    },
  };
}

/** How long the job stood in line; null when nothing tells. */
function waitingSeconds(transitions: unknown): number | null {
  if (!Array.isArray(transitions)) return null;
  const pending = (transitions as readonly Readonly<Record<string, unknown>>[]).filter(({ Status }) => Status === 'Pending');
  return pending.reduce((sum, { StartTime, EndTime }) => sum + Math.max(0, momentOf(EndTime) - momentOf(StartTime)), 0) / 1000;
}

/** Step Functions writes a time as a number of seconds or milliseconds or as text, by integration. */
function momentOf(value: unknown): number {
  if (typeof value === 'number') return Math.round(value < 1e11 ? value * 1000 : value);
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? 0 : parsed;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** Where training.json says each of the few facts that one looks for in a list of runs; the file itself is kept with the model. */
const TAGS = {
  'sluice.data_hash': ['data', 'train'],
  'sluice.validation_data_hash': ['data', 'validation'],
  'sluice.code_hash': ['code'],
  'sluice.rows': ['rows', 'train'],
} as const;

/** A job of the user's own may write another training.json: what is not there, or is no plain value, makes no tag. */
function trainingTags(training: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const told: Record<string, string> = {};
  for (const [tag, path] of Object.entries(TAGS)) {
    const value = path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), training);
    if (typeof value === 'string' || typeof value === 'number') told[tag] = String(value);
  }
  return told;
}
