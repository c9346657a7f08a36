import { FIELDS, type Field, numberOf, rangeOf } from './schedule-fields.ts';

const DAY_MS = 86_400_000;
const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: DAY_MS } as const;
/** The longest that a cron pauses: from one 29th of February over a year that leaps none to the next. */
const LONGEST_PAUSE_DAYS = 8 * 366 + 1;

/** A day of the calendar, wherever. */
interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** 1 is Sunday. */
  readonly weekday: number;
}

/**
 * When a schedule runs next, by the rules of EventBridge Scheduler; undefined when it never does. A rate is counted from the run before;
 * what a changing clock leaves out is not run that day, and what it brings twice is run once.
 *
 * @param expression one that `scheduleIssue` finds nothing wrong with
 * @param timezone   its IANA name; a rate does not ask for it
 * @example nextRun('cron(0 6 * * ? *)', 'Europe/Berlin', new Date('2026-07-01T12:00:00Z')) // 2026-07-02T04:00:00Z
 * @see EventBridge Scheduler user guide, "Schedule types"
 */
export function nextRun(expression: string, timezone: string, after: Date): Date | undefined {
  const [, kind, inside = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'cron') return nextOfCron(inside.split(' '), clockOf(timezone), after.getTime());
  const [, count = '', unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(inside) ?? [];
  return new Date(after.getTime() + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}

function nextOfCron(parts: readonly string[], local: (time: number) => number, after: number): Date | undefined {
  const [minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = parts;
  const [months, years] = [valuesOf(FIELDS.month, month), valuesOf(FIELDS.year, year)];
  const times = [...valuesOf(FIELDS.hours, hours)].flatMap((hour) =>
    [...valuesOf(FIELDS.minutes, minutes)].map((minute) => hour * UNIT_MS.hour + minute * UNIT_MS.minute),
  );
  times.sort((one, other) => one - other);
  const from = local(after);
  const midnight = Math.floor(from / DAY_MS) * DAY_MS;
  for (let ahead = 0; ahead <= LONGEST_PAUSE_DAYS; ahead += 1) {
    const date = midnight + ahead * DAY_MS;
    const day = dayAt(date);
    if (!months.has(day.month) || !years.has(day.year)) continue;
    if (!(dayOfMonth === '?' ? isDayOfWeek(dayOfWeek, day) : isDayOfMonth(dayOfMonth, day))) continue;
    for (const time of times) {
      const at = date + time > from ? instantOf(date + time, local) : undefined;
      if (at !== undefined && at > after) return new Date(at);
    }
  }
  return undefined;
}

function valuesOf(field: Field, written: string): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of written.split(',')) {
    const { from, to, step } = rangeOf(field, item) ?? { from: 1, to: 0, step: 1 };
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

function isDayOfMonth(written: string, { year, month, day, weekday }: Day): boolean {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (written === 'L') return day === last;
  const [, before] = /^L-(\d+)$/.exec(written) ?? [];
  if (before !== undefined) return day === last - Number(before);
  const [, nearest] = /^(\d+|L)W$/.exec(written) ?? [];
  if (nearest === undefined) return valuesOf(FIELDS.dayOfMonth, written).has(day);
  if (weekday === 1 || weekday === 7) return false;
  return day === workingDayBy(year, month, nearest === 'L' ? last : Math.min(Number(nearest), last), last);
}

/** Monday to Friday, the nearest in the same month. */
function workingDayBy(year: number, month: number, day: number, last: number): number {
  const { weekday } = dayAt(Date.UTC(year, month - 1, day));
  if (weekday === 7) return day === 1 ? 3 : day - 1;
  if (weekday === 1) return day === last ? day - 2 : day + 1;
  return day;
}

function isDayOfWeek(written: string, { year, month, day, weekday }: Day): boolean {
  if (written === 'L') return weekday === 7;
  const [, name = '', which = ''] = /^(\w+?)(L|#\d)$/.exec(written) ?? [];
  if (which === '') return valuesOf(FIELDS.dayOfWeek, written).has(weekday);
  if (weekday !== numberOf(FIELDS.dayOfWeek, name)) return false;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return which === 'L' ? day > last - 7 : Math.ceil(day / 7) === Number(which.slice(1));
}

function dayAt(time: number): Day {
  const date = new Date(time);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() + 1 };
}

/** What a clock on a wall there shows at a moment, as if that were UTC; both in ms. */
function clockOf(timezone: string): (time: number) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (time) => {
    const shown = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
}

/** The first moment at which the clock shows this; undefined when it never does, because it was put forward over it. */
function instantOf(shown: number, local: (time: number) => number): number | undefined {
  // No clock is a day from UTC, and none is put forward or back twice in two days.
  const offsets = [-DAY_MS, DAY_MS].map((away) => local(shown + away) - (shown + away));
  const found = offsets.map((offset) => shown - offset).filter((time) => local(time) === shown);
  return found.length === 0 ? undefined : Math.min(...found);
}
