import type { MonitorSettings, Window } from './monitor.ts';
import type { KnownWindow } from './ports.ts';

const HOUR_MS = 3_600_000;

/** How many windows one run takes on, so that a monitor made late does not ask for years at once. */
export const WINDOWS_A_RUN = 12;
/** After so many tries a schedule leaves a window that fails alone; whoever has mended the cause asks for it by name. */
export const ATTEMPTS_BY_SCHEDULE = 5;
/** How long a schedule leaves a scan alone that is under way. One that takes longer is done twice, to one result. */
export const LEASE_MINUTES = 3;

/**
 * The windows `[startsAt + k·hours, startsAt + (k+1)·hours)` in UTC whose end and lateness `asOf` has reached and that have no
 * result yet, oldest first. They never overlap, and between runs none is left out.
 *
 * @param known  windows that have a scan
 * @param asOf   "now" in event time
 * @param now    on the wall, for how long a scan has been under way
 * @param asked  somebody asked for this run: what failed often and what seems under way is taken on too
 * @param run    of this name: what an earlier machine of it began is taken on, for that machine is gone
 * @param months months that have rows, as `2001-04`; windows that touch none of them are passed over. Every window may have rows unless given
 */
export function dueWindows(
  { window, latenessHours }: Pick<MonitorSettings, 'window' | 'latenessHours'>,
  known: readonly KnownWindow[],
  {
    asOf,
    now,
    asked,
    months,
    run,
  }: {
    readonly asOf: Date;
    readonly now: Date;
    readonly asked: boolean;
    readonly months?: ReadonlySet<string> | undefined;
    readonly run?: string | undefined;
  },
): readonly Window[] {
  const start = Date.parse(window.startsAt);
  const length = window.hours * HOUR_MS;
  const count = Math.floor((asOf.getTime() - latenessHours * HOUR_MS - start) / length);
  const byStart = new Map(known.filter((one) => one.to.getTime() - one.from.getTime() === length).map((one) => [one.from.getTime(), one]));
  const due: Window[] = [];
  for (let k = 0; k < count && due.length < WINDOWS_A_RUN; k += 1) {
    const from = start + k * length;
    if (months && !touches(from, from + length, months)) continue;
    const one = byStart.get(from);
    if (one === undefined || isOpen(one, now, asked, run)) due.push({ from: new Date(from), to: new Date(from + length) });
  }
  return due;
}

function touches(from: number, to: number, months: ReadonlySet<string>): boolean {
  const first = new Date(from);
  for (let month = Date.UTC(first.getUTCFullYear(), first.getUTCMonth()); month < to; ) {
    const at = new Date(month);
    if (months.has(at.toISOString().slice(0, 7))) return true;
    month = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1);
  }
  return false;
}

function isOpen({ status, attempts, startedAt, run: by }: KnownWindow, now: Date, asked: boolean, run: string | undefined): boolean {
  if (status === 'succeeded') return false;
  if (asked) return true;
  if (status === 'running' && run !== undefined && by === run) return true;
  if (status === 'failed') return attempts < ATTEMPTS_BY_SCHEDULE;
  // However often: one that nobody ends would be under way for ever, and say nothing.
  return now.getTime() - startedAt.getTime() >= LEASE_MINUTES * 60_000;
}
