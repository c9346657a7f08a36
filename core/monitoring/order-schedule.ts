import type { Context, Recorder } from '#core/kernel/index.ts';
import type { Monitor } from './monitor.ts';

/** The machine that a monitor's schedule starts. */
export const MACHINE = 'drift-scan';

/** Orders the schedule to be as the monitor is now. Recorded in the transaction that changed the monitor. */
export function orderSchedule(tx: Recorder, ctx: Context, before: Monitor | undefined, now: Monitor): void {
  const was = before && scheduleOf(before);
  const wanted = scheduleOf(now);
  if (was === undefined && wanted === undefined) return;
  if (was && wanted && was.expression === wanted.expression && was.timezone === wanted.timezone && was.state === wanted.state) return;
  const { expression, timezone } = wanted ?? was ?? { expression: '', timezone: undefined };
  tx.record({
    type: 'monitor.schedule.ordered.v1',
    subject: `monitor/${now.id}`,
    destination: 'schedule',
    data: {
      name: now.id,
      expression,
      timezone,
      state: wanted?.state ?? 'deleted',
      stateMachine: MACHINE,
      // Scheduler puts the time it meant in here.
      input: { tenant: ctx.tenant, monitor: now.id, scheduledTime: '<aws.scheduler.scheduled-time>' },
    },
  });
}

function scheduleOf({ settings: { schedule, timezone = 'UTC' }, state }: Monitor) {
  return schedule === null ? undefined : { expression: schedule, timezone, state: state === 'active' ? 'enabled' : 'disabled' };
}
