import { approvalTerms } from '#core/governance/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { hasEnded, moveExecution } from '#core/pipelines/index.ts';
import { rollOutExecution } from '#core/rollout/index.ts';
import type { Step, StepCall } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf } from '#functions/_steps/step-outputs.ts';
import { sha256 } from '#functions/_stores/sha256.ts';
import type { PipelineStepDeps } from './deps.ts';

/**
 * Orders the rollout of the registered version and leaves the machine waiting for its end; the rollout says that the execution
 * succeeded in the transaction that calls the version live. A repeated state brings a newer token for the same rollout.
 */
export function rollOut(deps: PipelineStepDeps): Step {
  const { log } = recordingIn(deps.plane);
  return async (call) => {
    const { ctx, event, execution } = call;
    const { token } = event;
    if (typeof token !== 'string' || token === '') throw new TypeError('the step event carries no task token');
    await closeApproval(deps, call);
    const { model, version } = await outputOf(deps.plane, ctx, execution, 'register');
    const inputHash = sha256(`${execution.id}/${token}`);
    // An execution that succeeded while the machine got lost has nothing left to log.
    const { attempt } = hasEnded(execution.status)
      ? { attempt: undefined }
      : await log.begin(ctx, { execution: execution.id, step: 'roll-out', inputHash });
    try {
      return await deps.plane.write(ctx, {}, async (tx) => {
        const rollout = await rollOutExecution(tx, ctx, { execution: execution.id, model, version, waitingToken: token });
        const now = await tx.executions.lock(execution.id);
        if (now?.status === 'queued') await moveExecution(tx, ctx, execution.id, 'running');
        if (now && !hasEnded(now.status)) await moveExecution(tx, ctx, execution.id, 'rolling_out');
        return { rollout: rollout.id };
      });
    } catch (error) {
      if (attempt !== undefined && error instanceof DomainError) {
        const failure = { ...error.failure };
        await log.fail(ctx, { execution: execution.id, step: 'roll-out', attempt, status: 'refused', failure });
      }
      throw error;
    }
  };
}

async function closeApproval(deps: PipelineStepDeps, call: StepCall): Promise<void> {
  const { ctx, execution } = call;
  const approval = await deps.plane.read(ctx, (tx) => tx.approvals.ofExecution(execution.id));
  const waiting = (await deps.plane.read(ctx, (tx) => tx.steps.list(execution.id))).findLast((one) => one.step === 'approve');
  if (approval?.status !== 'approved' || waiting?.status !== 'running' || !waiting.inputHash) {
    if (approval?.status !== 'approved') await mayAskNobody(deps, call);
    return;
  }
  const { log } = recordingIn(deps.plane);
  const output = { approval: approval.id, decision: approval.status, by: approval.decidedBy };
  await log.succeed(ctx, { execution: execution.id, step: 'approve', attempt: waiting.attempt, inputHash: waiting.inputHash, output });
}

/** The machine asks nobody when neither the plan nor the policy of that moment wants an approval; the policy may have become stricter since. */
async function mayAskNobody({ plane }: PipelineStepDeps, { ctx, execution }: StepCall): Promise<void> {
  const { plan, environment } = execution;
  if (plan.approval.required) throw new Error(`the execution ${execution.id} is rolled out without its approval`);
  if (execution.status !== 'running') return;
  const { model } = plan.deployment;
  const policy = await plane.read(ctx, (tx) => tx.policies.current());
  if (!approvalTerms(policy, { model, environment }, plan.approval).required) return;
  const { version } = await outputOf(plane, ctx, execution, 'register');
  throw new DomainError({ code: 'version_not_approved', model, version });
}
