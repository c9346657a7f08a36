import { answerApproval, approvalTerms, waitsLongFrom } from '#core/governance/index.ts';
import { moveExecution } from '#core/pipelines/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf } from '#functions/_steps/step-outputs.ts';
import { sha256 } from '#functions/_stores/sha256.ts';
import type { PipelineStepDeps } from './deps.ts';

/**
 * Asks for a person's decision and leaves the machine waiting. A repeated state brings a newer token, which replaces the older, and
 * leaves the deadline as it was; what was decided under the older one is told again, because nobody waits for that any more.
 */
export function requestApproval(deps: PipelineStepDeps): Step {
  const { log } = recordingIn(deps.plane);
  return async ({ ctx, event, execution }) => {
    const { token } = event;
    if (typeof token !== 'string' || token === '') throw new TypeError('the step event carries no task token');
    const { model, version, versionId } = await outputOf(deps.plane, ctx, execution, 'register');
    const { evaluation, reportKey, metrics } = await outputOf(deps.plane, ctx, execution, 'evaluate');
    await log.begin(ctx, { execution: execution.id, step: 'approve', inputHash: sha256(`${execution.id}/${token}`) });
    const asked = await deps.plane.write(ctx, {}, async (tx) => {
      // Locks the execution before the approval, as everybody does who takes both.
      const now = await tx.executions.lock(execution.id);
      // A machine that takes the place of a lost one comes by again while the rollout goes on, and finds what was decided.
      if (now?.status !== 'rolling_out') await moveExecution(tx, ctx, execution.id, 'awaiting_approval');
      const gates = await tx.evaluations.verdictsOf(execution.id);
      const policy = await tx.policies.current();
      const { environment, approval: says } = execution.plan;
      const { timeoutHours } = approvalTerms(policy, { model, environment }, says);
      const approval = await tx.approvals.request(
        {
          execution: execution.id,
          requestedFor: `model/${model}/versions/${version} to production`,
          author: execution.createdBy,
          evidence: { model, version, versionId, evaluation, reportKey, metrics, gates },
          expiresAt: new Date(ctx.now.getTime() + timeoutHours * 3_600_000),
          policyVersion: policy.version,
          taskToken: token,
        },
        ctx.now,
      );
      if (approval.status !== 'pending') {
        answerApproval(tx, approval, token);
        return approval;
      }
      tx.record({
        type: 'approval.requested.v1',
        subject: `approval/${approval.id}`,
        data: { approval: approval.id, execution: execution.id, model, version, policyVersion: approval.policyVersion },
      });
      return approval;
    });
    // Should the machine be gone by then, somebody looks whether the decision has fallen; should it take long, somebody is told.
    const waits = { dueAt: asked.expiresAt, longFrom: waitsLongFrom(asked) };
    if (asked.status === 'pending') await deps.openMachines.waitsFor({ machine: 'training', name: execution.id }, waits);
    return { approval: asked.id };
  };
}
