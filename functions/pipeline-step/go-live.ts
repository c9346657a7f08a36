import { hasEnded, moveExecution, recordedStep } from '#core/pipelines/index.ts';
import { beginDeployment, completeDeployment } from '#core/registry/index.ts';
import type { Step, StepCall } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf } from '#functions/_steps/step-outputs.ts';
import type { PipelineStepDeps } from './deps.ts';

/**
 * Puts the registered version to work: Postgres says that it is being deployed, the routing table that predictions read gets its
 * entry, then Postgres says that it serves, and in the same transaction that the execution succeeded. So Postgres never calls
 * live what predictions do not come from, and a retry after a crash anywhere in between repeats what was done.
 */
export function goLive(deps: PipelineStepDeps): Step {
  return async (call) => {
    const { ctx, execution } = call;
    await closeApproval(deps, call);
    const { model, version } = await outputOf(deps.plane, ctx, execution, 'register');
    const { alias } = execution.plan.deployment;
    const inputs = { execution: execution.id, model, version, alias };
    const live = await recordedStep(recordingIn(deps.plane), ctx, execution.id, { step: 'go-live', version: 1, inputs }, async () => {
      const order = { model, version, execution: execution.id, alias };
      const entry = await deps.plane.write(ctx, {}, (tx) => beginDeployment(tx, ctx, order));
      await deps.routing.write(entry);
      await deps.plane.write(ctx, {}, async (tx) => {
        await completeDeployment(tx, ctx, order);
        const now = await tx.executions.lock(execution.id);
        if (now && !hasEnded(now.status)) await moveExecution(tx, ctx, execution.id, 'running');
        await moveExecution(tx, ctx, execution.id, 'succeeded');
      });
      return { model, version, revision: entry.revision, alias };
    });
    return { ...live, status: 'succeeded' };
  };
}

async function closeApproval(deps: PipelineStepDeps, { ctx, execution }: StepCall): Promise<void> {
  const approval = await deps.plane.read(ctx, (tx) => tx.approvals.ofExecution(execution.id));
  const waiting = (await deps.plane.read(ctx, (tx) => tx.steps.list(execution.id))).findLast((one) => one.step === 'approve');
  if (approval?.status !== 'approved' || waiting?.status !== 'running' || !waiting.inputHash) {
    // The machine asks nobody when the plan wants no approval; otherwise it must have been given.
    if (execution.plan.approval.required && approval?.status !== 'approved')
      throw new Error(`the execution ${execution.id} goes live without its approval`);
    return;
  }
  const { log } = recordingIn(deps.plane);
  const output = { approval: approval.id, decision: approval.status, by: approval.decidedBy };
  await log.succeed(ctx, { execution: execution.id, step: 'approve', attempt: waiting.attempt, inputHash: waiting.inputHash, output });
}
