import type { Context } from '#core/kernel/index.ts';
import { MACHINE } from './order-schedule.ts';
import type { MonitorTx } from './put-monitor.ts';
import { findMonitor } from './set-monitor-state.ts';

export interface OrderScans {
  readonly model: string;
  readonly monitor: string;
  /** Names the run; a new id of the caller's. */
  readonly run: string;
  readonly asOf?: string | undefined;
  readonly window?: { readonly from: string; readonly to: string } | undefined;
}

/** Has a monitor run now, paused or not: the windows that are due at `asOf`, or the one that is named. */
export async function orderScans(tx: MonitorTx, ctx: Context, { model, monitor, run, asOf, window }: OrderScans): Promise<{ run: string }> {
  const { id } = await findMonitor(tx, model, monitor);
  const { traceparent } = ctx;
  tx.record({
    type: 'monitor.scan.ordered.v1',
    subject: `monitor/${id}`,
    destination: 'execution',
    data: { stateMachine: MACHINE, name: run, input: { tenant: ctx.tenant, monitor: id, asOf, window, traceparent }, resumes: true },
  });
  return { run };
}
