import { closeApproval } from '#core/governance/index.ts';
import type { Context } from '#core/kernel/index.ts';
import {
  type Execution,
  type ExecutionStatus,
  expireApproval,
  hasEnded,
  moveExecution,
  type StepFailure,
  type StepRecord,
  trainingFailure,
} from '#core/pipelines/index.ts';
import { abandonRollout } from '#core/rollout/index.ts';
import type { Step, StepEvent } from '#functions/_steps/serve-step.ts';
import type { PipelineStepDeps } from './deps.ts';

/** The diary's name of the step a state belongs to; several states make up the training. */
const STEP_OF: Readonly<Record<string, string>> = {
  Validate: 'validate',
  Split: 'split',
  PlanTraining: 'train',
  Train: 'train',
  RecordTraining: 'train',
  Evaluate: 'evaluate',
  DecideGates: 'gates',
  Register: 'register',
  AwaitApproval: 'approve',
  RollOut: 'roll-out',
};

/** Where an execution ends: a gate's no and a person's no are answers; everything else is a failure. */
const END_OF: Readonly<Record<string, ExecutionStatus>> = {
  gate_failed: 'refused',
  approval_expired: 'refused',
  approval_rejected: 'rejected',
  rollout_rolled_back: 'refused',
  rollout_running: 'refused',
  gates_missing: 'refused',
  version_not_approved: 'refused',
  version_already_live: 'refused',
  execution_stopped: 'stopped',
};

/** Writes down how and why an execution ended. An execution that has ended keeps its first reason. Who tells of an end from outside the machine names no state. */
export function recordFailure(deps: PipelineStepDeps): Step {
  return async ({ ctx, event, execution }) => {
    if (hasEnded(execution.status)) return { status: execution.status };
    const { at, error, cause } = textsOf(event);
    if (error === 'approval_expired' && at === '') return expire(deps, ctx, execution);
    const status = END_OF[error] ?? 'failed';
    return deps.plane.write(ctx, {}, async (tx) => {
      // First of all, because a rollout that completes locks itself before its execution.
      await abandonRollout(tx, ctx, execution.id);
      // The machine and those who watch it from outside may tell of one end at once.
      const now = await tx.executions.lock(execution.id);
      if (now && hasEnded(now.status)) return { status: now.status };
      const all = await tx.steps.list(execution.id);
      const last = at === '' ? all.findLast((one) => one.status === 'running') : all.findLast((one) => one.step === STEP_OF[at]);
      const step = last?.step ?? STEP_OF[at];
      const gates = error === 'gate_failed' ? await tx.evaluations.verdictsOf(execution.id) : [];
      const reason =
        gates.length > 0
          ? { code: error, gates: gates.filter((gate) => !gate.passed).map((gate) => gate.reason) }
          : failureOf(error, cause, last);
      const failure: StepFailure = { ...reason, at: step ?? at };
      if (last?.status === 'running') {
        const refused = status === 'failed' || status === 'stopped' ? 'failed' : 'refused';
        await tx.steps.fail({ execution: execution.id, step: last.step, attempt: last.attempt, status: refused, failure }, ctx.now);
      }
      if (execution.runId) {
        const run = await tx.runs.find(execution.runId);
        if (run?.status === 'RUNNING') await tx.runs.finish(run.id, 'FAILED', ctx.now.getTime());
      }
      const asked = await tx.approvals.ofExecution(execution.id);
      if (asked)
        await closeApproval(tx, ctx, { approval: asked.id, because: error === 'approval_expired' ? 'no_answer' : 'execution_ended' });
      await moveExecution(tx, ctx, execution.id, status, { failure });
      return { status, failure };
    });
  };
}

/** Somebody from outside saw that a deadline has passed. Whoever decided meanwhile was in time: then the machine goes on, or is looked at again. */
async function expire({ plane }: PipelineStepDeps, ctx: Context, { id, status }: Execution): Promise<{ readonly status: ExecutionStatus }> {
  const expired = await plane.write(ctx, {}, async (tx) => {
    const asked = await tx.approvals.ofExecution(id);
    return asked !== undefined && (await expireApproval(tx, ctx, asked.id));
  });
  return { status: expired ? 'refused' : status };
}

/** Errors of the machine's own making, whose cause is an object that says the rest. */
const TOLD: readonly string[] = ['approval_rejected', 'rollout_rolled_back', 'rollout_failed'];

/** The refusal as the step wrote it, when it is the one that stopped the machine; else what the machine says. */
function failureOf(error: string, cause: string, last: StepRecord | undefined): StepFailure {
  if (last?.failure && (last.failure.code === error || last.failure.code === 'defect') && last.status !== 'running') return last.failure;
  if (TOLD.includes(error)) return { code: error, ...object(cause) };
  return trainingFailure(error, cause);
}

function textsOf({ at, error, cause }: StepEvent): { at: string; error: string; cause: string } {
  return { at: text(at), error: text(error) || 'unknown', cause: text(cause) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

function object(value: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return { comment: value };
  }
}
