import { type Context, DomainError } from '#core/kernel/index.ts';
import { dueWindows } from './due-windows.ts';
import type { Monitor, Window } from './monitor.ts';
import type { Monitors, Scans } from './ports.ts';

export interface PlanScansTx {
  readonly monitors: Monitors;
  readonly scans: Scans;
}

export interface PlanScans {
  readonly monitor: string;
  /** "Now" in event time; undefined when the model has logged nothing yet. */
  readonly asOf: Date | undefined;
  readonly window?: Window | undefined;
  /** Months of the log that have rows, when the clock is the log's own: nothing is due where nothing was logged. */
  readonly months?: ReadonlySet<string> | undefined;
  /** False when the schedule fired. */
  readonly asked: boolean;
  /** Names the run, however many machines have carried it: what an earlier one of it has under way is its own. */
  readonly run: string;
}

/** Begins the scans that are due, or the one that is asked for. Two that plan at once get one scan per window between them. */
export async function planScans(
  tx: PlanScansTx,
  ctx: Context,
  { monitor, asOf, window, months, asked, run }: PlanScans,
): Promise<readonly string[]> {
  const at = await tx.monitors.lock(monitor);
  if (!at) throw new DomainError({ code: 'not_found', what: 'monitor', id: monitor });
  if (!asked && at.state === 'paused') return [];
  const windows = window ? [window] : await due(tx, at, { asOf, now: ctx.now, asked, months, run });
  const begun: string[] = [];
  for (const one of windows) {
    const { now, traceparent } = ctx;
    const scan = await tx.scans.begin({ monitorId: at.id, window: one, asOf: asOf ?? now, run, traceparent }, now);
    if (scan) begun.push(scan.id);
  }
  return begun;
}

async function due(
  { scans }: PlanScansTx,
  { id, settings }: Monitor,
  { asOf, ...at }: Pick<PlanScans, 'asOf' | 'asked' | 'months' | 'run'> & { readonly now: Date },
) {
  if (!asOf) return [];
  const known = await scans.windows(id, new Date(settings.window.startsAt));
  return dueWindows(settings, known, { asOf, ...at });
}
