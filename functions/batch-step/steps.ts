import type { Task } from '#functions/_steps/serve-task.ts';
import { batchTask } from './batch-task.ts';
import type { BatchStepDeps } from './deps.ts';
import { merge } from './merge.ts';
import { plan } from './plan.ts';
import { recordFailure } from './record-failure.ts';
import { score } from './score.ts';

/** Every task that the machine of batch predictions orders, under the state that orders it. */
export function batchSteps(deps: BatchStepDeps): Readonly<Record<string, Task>> {
  return {
    plan: batchTask(deps, 'Plan', plan(deps)),
    score: batchTask(deps, 'ScoreParts', score(deps)),
    merge: batchTask(deps, 'Merge', merge(deps)),
    'record-failure': batchTask(deps, 'RecordFailure', recordFailure(deps)),
  };
}
