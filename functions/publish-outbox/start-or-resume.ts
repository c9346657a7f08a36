import type { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { machineEnd } from '#core/pipelines/index.ts';

/** A machine that was lost as often as this has a cause that another start does not cure. */
const MOST_STARTS = 20;

/**
 * Starts a machine that goes on from what is stored, also where an earlier one of the same name was lost: stopped by a person, out of
 * time, or gone with its engine. Step Functions takes a name once, so its followers are numbered. Whoever runs or has ended well is
 * left alone; an order that comes twice finds what it started.
 */
export async function startOrResume(
  { look, start }: Pick<ReturnType<typeof stepFunctions>, 'look' | 'start'>,
  stateMachineArn: string,
  order: { readonly name: string; readonly input: unknown; readonly traceparent: string | null },
): Promise<void> {
  for (let nth = 1; nth <= MOST_STARTS; nth++) {
    const name = nth === 1 ? order.name : `${order.name}.${nth}`;
    const found = await look(stateMachineArn, name);
    if (found === 'unknown') return start(stateMachineArn, name, order.input, order.traceparent);
    if (found === 'running' || !machineEnd(found.status, found.error, found.cause)) return;
  }
  throw new Error(`${order.name} was started ${MOST_STARTS} times and never ended well. Look at its executions of ${stateMachineArn}.`);
}
