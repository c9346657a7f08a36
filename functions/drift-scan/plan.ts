import type { Context } from '#core/kernel/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { type Monitor, nextRun, planScans, type Window } from '#core/monitoring/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task, TaskEvent } from '#functions/_steps/serve-task.ts';
import type { DriftScanDeps } from './deps.ts';

type PlanDeps = Pick<DriftScanDeps, 'plane' | 'files' | 'openMachines' | 'dueRuns'>;

/** Begins the scans that are due and says which they are, by ids only, and what trace they are part of. The schedule names the time it meant; a person may name another, or a window. */
export function plan({ plane, files, openMachines, dueRuns }: PlanDeps): Task {
  return async (ctx, event) => {
    const id = idOf(event, 'monitor');
    const run = runOf(event);
    const scheduled = timeOf(event, 'scheduledTime');
    const window = windowOf(event);
    const monitor = await plane.read(ctx, (tx) => tx.monitors.findById(id));
    if (!monitor) throw new DomainError({ code: 'not_found', what: 'monitor', id });
    const asked = scheduled === undefined;
    // One that was paused after the schedule had fired.
    const { traceparent } = ctx;
    if (!asked && monitor.state === 'paused') return { scans: [], traceparent };
    const asOf = timeOf(event, 'asOf') ?? (await clock(files, ctx, monitor, scheduled ?? ctx.now));
    // One event of another year moves the log's clock past many windows in which nothing was logged.
    const months = window || monitor.settings.clock === 'wall' ? undefined : await files.months(ctx.tenant, monitor.model);
    // Before the first row says that a scan is under way. Runs that the Scheduler starts have passed nobody else who could write it down.
    const { step: _, run: __, ...input } = event;
    await openMachines.enterMissing({ machine: 'drift-scan', name: run, tenant: ctx.tenant, input, traceparent: traceparent ?? null });
    const scans = await plane.write(ctx, {}, (tx) => planScans(tx, ctx, { monitor: id, asOf, window, months, asked, run }));
    // Last, so that a run counts once its scans have begun; it also does where nothing was due.
    if (scheduled) await moveOn(dueRuns, ctx, monitor, scheduled);
    return { scans, traceparent };
  };
}

async function clock(
  files: DriftScanDeps['files'],
  { tenant, now }: Context,
  { model, settings }: Monitor,
  wall: Date,
): Promise<Date | undefined> {
  // Bounded by the wall: one event of the year 2099 must not close every window before it.
  return settings.clock === 'wall' ? wall : files.watermark(tenant, model, now);
}

/** Only what the schedule started tells that the schedule is there. */
async function moveOn(dueRuns: PlanDeps['dueRuns'], { tenant, now }: Context, { id, settings }: Monitor, scheduled: Date): Promise<void> {
  const { schedule: expression, timezone = 'UTC' } = settings;
  if (expression === null) return;
  // A run that is started once more is named by an event's time, which may lie anywhere.
  const dueAt = nextRun(expression, timezone, scheduled < now ? scheduled : now);
  if (dueAt) await dueRuns.ran({ schedule: id, tenant, expression, timezone }, dueAt);
}

/** The name that was ordered: machines that follow a lost one carry its run on. */
function runOf({ run }: TaskEvent): string {
  if (typeof run !== 'string' || run === '') throw new TypeError(`the step event's run is no name: ${JSON.stringify(run)}`);
  return run.replace(/\.\d+$/, '');
}

function timeOf(event: TaskEvent, field: string): Date | undefined {
  const value = event[field];
  if (value === undefined || value === null) return undefined;
  const time = new Date(String(value));
  if (Number.isNaN(time.getTime())) throw new TypeError(`the step event's ${field} is no time: ${JSON.stringify(value)}`);
  return time;
}

function windowOf(event: TaskEvent): Window | undefined {
  const window = event['window'];
  if (typeof window !== 'object' || window === null) return undefined;
  const bounds = { ...event, ...window } as TaskEvent;
  const [from, to] = [timeOf(bounds, 'from'), timeOf(bounds, 'to')];
  if (!from || !to) throw new TypeError(`the step event's window is none: ${JSON.stringify(window)}`);
  return { from, to };
}
