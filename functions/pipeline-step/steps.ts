import type { Step } from '#functions/_steps/serve-step.ts';
import type { PipelineStepDeps } from './deps.ts';
import { gates } from './gates.ts';
import { planTraining } from './plan-training.ts';
import { recordFailure } from './record-failure.ts';
import { recordTraining } from './record-training.ts';
import { register } from './register.ts';
import { requestApproval } from './request-approval.ts';
import { rollOut } from './roll-out.ts';

/** Every step of the machine that needs no data and no model runtime. */
export function pipelineSteps(deps: PipelineStepDeps): Readonly<Record<string, Step>> {
  return {
    'plan-training': planTraining(deps),
    'record-training': recordTraining(deps),
    gates: gates(deps),
    register: register(deps),
    'request-approval': requestApproval(deps),
    'roll-out': rollOut(deps),
    'record-failure': recordFailure(deps),
  };
}
