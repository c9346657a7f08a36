import type { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { machineEnd } from '#core/pipelines/index.ts';
import { MOST_STARTS } from '#core/recovery/index.ts';
import { newestMachine, nthName } from './newest-machine.ts';

/**
 * Starts a machine that goes on from what is stored, also where an earlier one of the same name was lost: stopped by a person, out of
 * time, or gone with its engine. Whoever runs or has ended well is left alone; an order that comes twice finds what it started. One
 * that was lost too often is not started again: the recovery of open machines writes down why.
 */
export async function startOrResume(
  orchestrator: Pick<ReturnType<typeof stepFunctions>, 'look' | 'start'>,
  stateMachineArn: string,
  order: { readonly name: string; readonly input: unknown; readonly traceparent: string | null },
): Promise<void> {
  const { found, starts } = await newestMachine(orchestrator, stateMachineArn, order.name);
  if (found === 'running') return;
  const isLost = found === 'unknown' || machineEnd(found.status, found.error, found.cause);
  if (!isLost || starts >= MOST_STARTS) return;
  const nth = found === 'unknown' ? 1 : starts + 1;
  await orchestrator.start(stateMachineArn, nthName(order.name, nth), order.input, order.traceparent);
}
