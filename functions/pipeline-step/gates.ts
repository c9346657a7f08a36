import { decideGates } from '#core/evaluation/index.ts';
import { recordedStep } from '#core/pipelines/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf, type StepOutputs } from '#functions/_steps/step-outputs.ts';
import type { PipelineStepDeps } from './deps.ts';

/** Asks the gates of the evaluation and writes each verdict down. A gate that is shut is an answer here, not an error. */
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
        const verdicts = decideGates(execution.plan.gates, metrics, champion);
        await deps.plane.write(ctx, {}, async (tx) => {
          await tx.evaluations.setVerdicts(execution.id, evaluation, verdicts, ctx.now);
          tx.record({
            type: 'evaluation.judged.v1',
            subject: `execution/${execution.id}`,
            data: { evaluation, passed: verdicts.every((one) => one.passed), verdicts },
          });
        });
        const failures = verdicts.filter((verdict) => !verdict.passed).map((verdict) => verdict.reason);
        return { passed: failures.length === 0, failures };
      },
    );
  };
}
