import * as z from 'zod';
import type { dynamoDueRuns } from '#adapters/dynamodb/due-runs.ts';
import type { eventBridgeSchedules } from '#adapters/scheduler/schedules.ts';
import { nextRun } from '#core/monitoring/index.ts';

const ScheduleOrder = z.discriminatedUnion('state', [
  z.object({ state: z.literal('deleted'), name: z.string() }),
  z.object({
    state: z.enum(['enabled', 'disabled']),
    name: z.string(),
    expression: z.string(),
    timezone: z.string().nullish(),
    stateMachine: z.string(),
    input: z.record(z.string(), z.unknown()),
  }),
]);

/** An order as the outbox holds it; `sequence` counts the messages of its subject. */
export interface KeptOrder {
  readonly sequence: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface OrderScheduleProps {
  readonly schedules: ReturnType<typeof eventBridgeSchedules>;
  /** What is looked at for runs that do not come. */
  readonly dueRuns: Pick<ReturnType<typeof dynamoDueRuns>, 'expect' | 'forget'>;
  readonly stateMachines: Readonly<Record<string, string>>;
  /** The latest order for this subject that was committed, published or not. */
  newestOrder(tenant: string, subject: string): Promise<KeptOrder | undefined>;
}

/**
 * Makes a subject's schedule what its latest order says. Orders come twice, late and side by side, and the Scheduler compares
 * nothing: so whoever has carried one out looks whether it still is the latest, and carries that out if not. Whichever of two comes
 * last to the Scheduler therefore leaves the latest there, also after a deletion.
 */
export function orderSchedule({ schedules, dueRuns, stateMachines, newestOrder }: OrderScheduleProps) {
  async function carryOut(tenant: string, subject: string, { sequence, data }: KeptOrder): Promise<void> {
    const order = ScheduleOrder.parse(data);
    const { name } = order;
    if (order.state === 'deleted') {
      await schedules.remove(name);
      return dueRuns.forget(name);
    }
    const { expression, state, stateMachine, input } = order;
    const timezone = order.timezone ?? 'UTC';
    const enabled = state === 'enabled';
    const stateMachineArn = stateMachines[stateMachine];
    if (!stateMachineArn) throw new Error(`${subject} schedules the state machine ${stateMachine}, which this deployment does not have`);
    const description = `${subject}, order ${sequence}`;
    await schedules.put({ name, expression, timezone, enabled, stateMachineArn, input, description });
    const dueAt = enabled ? nextRun(expression, timezone, new Date()) : undefined;
    return dueAt ? dueRuns.expect({ schedule: name, tenant, expression, timezone }, dueAt) : dueRuns.forget(name);
  }
  return async (tenant: string, subject: string): Promise<void> => {
    let order = await newestOrder(tenant, subject);
    while (order) {
      await carryOut(tenant, subject, order);
      const latest: KeptOrder | undefined = await newestOrder(tenant, subject);
      if (latest?.sequence === order.sequence) return;
      order = latest;
    }
  };
}
