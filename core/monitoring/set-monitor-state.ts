import { type Context, DomainError } from '#core/kernel/index.ts';
import type { Monitor } from './monitor.ts';
import { orderSchedule } from './order-schedule.ts';
import type { MonitorTx } from './put-monitor.ts';

export interface SetMonitorState {
  readonly model: string;
  readonly monitor: string;
  readonly state: Monitor['state'];
}

/** Pauses a monitor's schedule or resumes it. Safe to retry: the state it has already changes nothing. */
export async function setMonitorState(tx: MonitorTx, ctx: Context, { model, monitor, state }: SetMonitorState): Promise<Monitor> {
  const found = await findMonitor(tx, model, monitor);
  const before = (await tx.monitors.lock(found.id)) ?? found;
  if (before.state === state) return before;
  const after = await tx.monitors.change(before, { state }, ctx.now);
  tx.record({
    type: state === 'paused' ? 'monitor.paused.v1' : 'monitor.resumed.v1',
    subject: `monitor/${after.id}`,
    data: { monitor, model, revision: after.revision },
  });
  orderSchedule(tx, ctx, before, after);
  return after;
}

export async function findMonitor({ monitors }: Pick<MonitorTx, 'monitors'>, model: string, name: string): Promise<Monitor> {
  const found = await monitors.find(model, name);
  if (!found) throw new DomainError({ code: 'not_found', what: 'monitor', id: `${model}/monitors/${name}` });
  return found;
}
