import type { Rung } from '#adapters/dynamodb/bell.ts';
import type { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { machineEnd } from '#core/pipelines/index.ts';

export interface CheckExecutionProps {
  readonly orchestrator: Pick<ReturnType<typeof stepFunctions>, 'look' | 'start'>;
  readonly trainingMachine: string;
  /** Invokes the step that writes down how an execution ended. */
  recordFailure(event: object): Promise<unknown>;
}

/**
 * An execution that Postgres believes open stands in another's way: what Step Functions runs is left alone, what it has ended is
 * written down, and what it does not know (the order was lost, or the engine lost the execution) is ordered again. A machine that
 * starts anew takes the results that are recorded.
 */
export function checkExecution({ orchestrator, trainingMachine, recordFailure }: CheckExecutionProps) {
  return async ({ tenant }: Rung, execution: string): Promise<'running' | 'ordered again' | 'recorded' | 'ended well'> => {
    const found = await orchestrator.look(trainingMachine, execution);
    if (found === 'running') return found;
    if (found === 'unknown') {
      await orchestrator.start(trainingMachine, execution, { tenant, execution }, null);
      return 'ordered again';
    }
    const end = machineEnd(found.status, found.error, found.cause);
    if (!end) return 'ended well';
    await recordFailure({ tenant, execution, step: 'record-failure', ...end });
    return 'recorded';
  };
}
