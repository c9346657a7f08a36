import { decideGates } from '#core/evaluation/index.ts';
import { demandGates } from '#core/governance/index.ts';
import { recordedStep } from '#core/pipelines/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf, type StepOutputs } from '#functions/_steps/step-outputs.ts';
import type { PipelineStepDeps } from './deps.ts';

/**
 * Asks the gates of the evaluation and writes each verdict down. A gate that is shut is an answer here, not an error; one that the policy
 * has come to demand since the start, and that is not there, is a refusal.
 */
export function gates(deps: PipelineStepDeps): Step {
  return async ({ ctx, execution }) => {
    const { evaluation, metrics, champion } = await outputOf(deps.plane, ctx, execution, 'evaluate');
    // The execution is among the inputs, because verdicts are kept per execution.
    const inputs = { execution: execution.id, evaluation, gates: execution.plan.gates };
    return recordedStep(
      recordingIn(deps.plane),
      ctx,
      execution.id,
      { step: 'gates', version: 1, inputs },
      async (): Promise<StepOutputs['gates']> => {
        const { gates, deployment, environment } = execution.plan;
        const verdicts = decideGates(gates, metrics, champion);
        await deps.plane.write(ctx, {}, async (tx) => {
          const policy = await tx.policies.current();
          demandGates(policy, { model: deployment.model, environment, gates });
          const policyVersion = policy.version;
          await tx.evaluations.setVerdicts({ execution: execution.id, evaluation, policyVersion }, verdicts, ctx.now);
          tx.record({
            type: 'evaluation.judged.v1',
            subject: `execution/${execution.id}`,
            data: { evaluation, passed: verdicts.every((one) => one.passed), verdicts, policyVersion },
          });
        });
        const failures = verdicts.filter((verdict) => !verdict.passed).map((verdict) => verdict.reason);
        return { passed: failures.length === 0, failures };
      },
    );
  };
}
