import type { DatetimeProfile } from './profile.ts';
import type { Cells } from './shares.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** 1970 began on a Thursday; weeks begin on Monday. */
const MONDAY_SHIFT = 3 * DAY;

/** A cell that a side covers with less than half of an hour or a day says nothing. */
const LEAST_COVERED = 0.5;

const CYCLES = {
  hour_of_day: { cells: 24, seconds: HOUR, shift: 0 },
  day_of_week: { cells: 7, seconds: DAY, shift: MONDAY_SHIFT },
} as const;

export type Cycle = keyof typeof CYCLES;

export interface CalendarCells extends Cells {
  /** Which hours or days are compared. */
  readonly at: readonly number[];
}

/**
 * Counts per hour of the day or day of the week that can be compared: of ten days three weekdays come twice, and a window of one
 * day holds one weekday only; neither is drift. So each count is divided by how often its cell lies between the first and the
 * last moment, cells that a side does not cover are left out of both, and the side's total stays what those cells hold.
 */
export function calendarCells(cycle: Cycle, reference: DatetimeProfile, current: DatetimeProfile): CalendarCells {
  const one = rates(cycle, reference);
  const two = rates(cycle, current);
  const at = one.flatMap((rate, cell) => (rate === undefined || two[cell] === undefined ? [] : [cell]));
  return { at, reference: back(one, counts(cycle, reference), at), current: back(two, counts(cycle, current), at) };
}

function counts(cycle: Cycle, profile: DatetimeProfile): readonly number[] {
  return (cycle === 'hour_of_day' ? profile.hourOfDay : profile.dayOfWeek) ?? [];
}

/** Rows per time the cell came by; undefined where it did not. */
function rates(cycle: Cycle, profile: DatetimeProfile): (number | undefined)[] {
  const { min, max } = profile;
  if (min === null || max === null) return [];
  // Whole hours: the first flight of a day that begins at midnight leaves some minutes after it.
  const from = Math.floor(min / HOUR) * HOUR;
  const to = (Math.floor(max / HOUR) + 1) * HOUR;
  return counts(cycle, profile).map((count, cell) => {
    const covered = timesCovered(cycle, cell, from, to);
    return covered < LEAST_COVERED ? undefined : count / covered;
  });
}

function timesCovered(cycle: Cycle, cell: number, from: number, to: number): number {
  const { cells, seconds, shift } = CYCLES[cycle];
  const before = (moment: number) => {
    const shifted = moment + shift;
    const round = Math.floor(shifted / (cells * seconds));
    const within = shifted - round * cells * seconds - cell * seconds;
    return round * seconds + Math.min(seconds, Math.max(0, within));
  };
  return (before(to) - before(from)) / seconds;
}

/** The rates as counts again, with the total of the compared cells, so that a test sees as many rows as there are. */
function back(found: readonly (number | undefined)[], raw: readonly number[], at: readonly number[]): number[] {
  const total = at.reduce((sum, cell) => sum + (raw[cell] ?? 0), 0);
  const all = at.reduce((sum, cell) => sum + (found[cell] ?? 0), 0);
  return at.map((cell) => (all === 0 ? 0 : ((found[cell] ?? 0) / all) * total));
}
