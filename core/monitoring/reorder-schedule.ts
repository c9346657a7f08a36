import type { Context, Recorder } from '#core/kernel/index.ts';
import { orderSchedule } from './order-schedule.ts';
import type { Monitors } from './ports.ts';

/** Orders a monitor's schedule once more as it is, because it may be gone where it was made. Safe to retry. */
export async function reorderSchedule(
  tx: { readonly monitors: Pick<Monitors, 'lock'> } & Recorder,
  ctx: Context,
  { monitor }: { readonly monitor: string },
): Promise<boolean> {
  const found = await tx.monitors.lock(monitor);
  if (!found || found.settings.schedule === null) return false;
  orderSchedule(tx, ctx, undefined, found);
  return true;
}
