import * as z from 'zod';
import type { eventBridgeSchedules } from '#adapters/scheduler/schedules.ts';

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
  readonly stateMachines: Readonly<Record<string, string>>;
  /** The latest order for this subject that was committed, published or not. */
  newestOrder(tenant: string, subject: string): Promise<KeptOrder | undefined>;
}

/**
 * Makes a subject's schedule what its latest order says. Orders come twice, late and side by side, and the Scheduler compares
 * nothing: so whoever has carried one out looks whether it still is the latest, and carries that out if not. Whichever of two comes
 * last to the Scheduler therefore leaves the latest there, also after a deletion.
 */
export function orderSchedule({ schedules, stateMachines, newestOrder }: OrderScheduleProps) {
  async function carryOut(subject: string, { sequence, data }: KeptOrder): Promise<void> {
    const order = ScheduleOrder.parse(data);
    if (order.state === 'deleted') return schedules.remove(order.name);
    const { name, expression, timezone, state, stateMachine, input } = order;
    const stateMachineArn = stateMachines[stateMachine];
    if (!stateMachineArn) throw new Error(`${subject} schedules the state machine ${stateMachine}, which this deployment does not have`);
    const description = `${subject}, order ${sequence}`;
    return schedules.put({
      name,
      expression,
      timezone: timezone ?? 'UTC',
      enabled: state === 'enabled',
      stateMachineArn,
      input,
      description,
    });
  }
  return async (tenant: string, subject: string): Promise<void> => {
    let order = await newestOrder(tenant, subject);
    while (order) {
      await carryOut(subject, order);
      const latest: KeptOrder | undefined = await newestOrder(tenant, subject);
      if (latest?.sequence === order.sequence) return;
      order = latest;
    }
  };
}
