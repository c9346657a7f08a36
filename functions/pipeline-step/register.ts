import { approvalTerms } from '#core/governance/index.ts';
import { recordedStep } from '#core/pipelines/index.ts';
import { registerVersion } from '#core/registry/index.ts';
import { longestSeconds, rolloutPlan } from '#core/rollout/index.ts';
import { parseSignature } from '#core/serving/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf, type StepOutputs } from '#functions/_steps/step-outputs.ts';
import type { PipelineStepDeps } from './deps.ts';

/**
 * How much longer than people the machine waits: its clock starts before the approval is asked for, and a decision of the last
 * second still has to reach it.
 */
const DELIVERY_SECONDS = 15 * 60;

/** Gives the model its number in the registry, and tells the machine whether a person has to agree and how long the rollout may take. */
export function register(deps: PipelineStepDeps): Step {
  return async ({ ctx, execution }) => {
    const { plan } = execution;
    const { artifacts, runId } = await outputOf(deps.plane, ctx, execution, 'train');
    const { evaluation } = await outputOf(deps.plane, ctx, execution, 'evaluate');
    const inputs = { execution: execution.id, model: plan.deployment.model, artifact: artifacts.model.sha256 };
    const registered = await recordedStep(
      recordingIn(deps.plane),
      ctx,
      execution.id,
      { step: 'register', version: 1, inputs },
      async (): Promise<StepOutputs['register']> => {
        const content = await deps.objects.read(artifacts.signature.key);
        if (!content) throw new Error(`the signature ${artifacts.signature.key} is gone`);
        const signature: unknown = JSON.parse(Buffer.from(content).toString('utf8'));
        parseSignature(signature);
        const version = await deps.plane.write(ctx, {}, async (tx) => {
          const made = await registerVersion(tx, ctx, {
            model: plan.deployment.model,
            runId,
            executionId: execution.id,
            datasetVersionId: execution.datasetVersionId,
            evaluationId: evaluation,
            artifactKey: artifacts.model.key,
            artifactSha256: artifacts.model.sha256,
            artifactBytes: artifacts.model.bytes,
            signatureKey: artifacts.signature.key,
            profileKey: artifacts.profile?.key ?? null,
            trainingKey: artifacts.training?.key ?? null,
            signature,
          });
          await tx.executions.change(execution.id, { modelVersionId: made.id }, ctx.now);
          return made;
        });
        return { model: plan.deployment.model, version: version.number, versionId: version.id };
      },
    );
    const { model, strategy, canary } = plan.deployment;
    const policy = await deps.plane.read(ctx, (tx) => tx.policies.current());
    const { required, timeoutHours } = approvalTerms(policy, { model, environment: plan.environment }, plan.approval);
    return {
      ...registered,
      approval: { required, timeoutSeconds: Math.round(timeoutHours * 3600) + DELIVERY_SECONDS },
      rollout: { timeoutSeconds: longestSeconds(rolloutPlan(strategy, canary)) + DELIVERY_SECONDS },
    };
  };
}
