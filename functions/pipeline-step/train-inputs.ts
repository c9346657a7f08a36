import { type Execution, trainingSchema } from '#core/pipelines/index.ts';
import type { StepOutputs } from '#functions/_steps/step-outputs.ts';
import type { PipelineStepDeps } from './deps.ts';

/** Everything a trained model depends on: rows, settings, code and image. Not who asked, nor when. */
export function trainInputs(deps: PipelineStepDeps, { plan }: Execution, { parts }: StepOutputs['split']) {
  const { instanceType: _, maxRuntimeMinutes: __, volumeGB: ___, ...training } = plan.training;
  return {
    step: 'train',
    version: 1,
    inputs: {
      train: parts.train.sha256,
      validation: parts.validation.sha256,
      schema: trainingSchema(plan),
      training,
      threshold: plan.evaluation.threshold,
      code: training.source?.sha256 ?? deps.builtinSource,
      image: deps.images[training.image] ?? null,
    },
  };
}
