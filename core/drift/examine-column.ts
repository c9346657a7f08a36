import { type Cycle, calendarCells } from './calendar.ts';
import { examineNumeric } from './examine-numeric.ts';
import { categoryCells, examineShares, type LabelledCells, newCategories } from './examine-shares.ts';
import type { Examined, NoDifference } from './examined.ts';
import type { Bar } from './judgement.ts';
import type { ColumnProfile, DatetimeProfile, Profile } from './profile.ts';
import type { DriftSettings } from './settings.ts';
import { twoProportions } from './shares.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const MOST_BARS = 10;

type Column = Profile['columns'][number];

/** The comparisons of one column of the reference with the same of the window: one, or two of a moment in time. */
export function examineColumn(reference: Column, current: Column | undefined, settings: DriftSettings): Examined[] {
  const before = reference.profile;
  const after = current?.profile;
  const parts = before.kind === 'datetime' ? (['hour_of_day', 'day_of_week'] as const) : [undefined];
  const kind = before.kind === 'datetime' ? 'calendar' : before.kind;
  return parts.map((part, at) => ({
    column: part ? `${reference.name}.${part}` : reference.name,
    kind,
    n: { reference: before.count, current: after?.count ?? 0 },
    // What a moment lacks is told once, not with each of its parts.
    missing: missing(before, after, at === 0 && enough(before, after, settings)),
    newCategories: [],
    bars: [],
    ...compared(reference.name, before, after, part, settings),
  }));
}

function compared(
  name: string,
  before: ColumnProfile,
  after: ColumnProfile | undefined,
  part: Cycle | undefined,
  settings: DriftSettings,
): Pick<Examined, 'difference'> & Partial<Pick<Examined, 'bars' | 'newCategories'>> {
  if (!after || after.kind !== before.kind)
    return refused('insufficient', after ? `it was ${before.kind} and is ${after.kind}` : 'the window has no such column');
  if (before.count === 0) return refused('empty', 'the reference has no value of it');
  if (after.count === 0) return refused('empty', 'the window has no value of it');
  const few = [before, after].findIndex((side) => side.count < settings.minRows);
  if (few >= 0) {
    const count = [before, after][few]?.count.toLocaleString('en-US');
    return refused('insufficient', `${few === 0 ? 'the reference' : 'the window'} has ${count} values, fewer than ${settings.minRows}`);
  }
  if (before.kind === 'numeric' && after.kind === 'numeric') return examineNumeric(before, after, settings);
  if (before.kind === 'categorical' && after.kind === 'categorical') {
    const cells = categoryCells(before, after);
    return { difference: examineShares(cells, settings), newCategories: newCategories(before, after), bars: movedMost(cells) };
  }
  return calendar(name, part as Cycle, before as DatetimeProfile, after as DatetimeProfile, settings);
}

function calendar(name: string, cycle: Cycle, before: DatetimeProfile, after: DatetimeProfile, settings: DriftSettings) {
  if ((cycle === 'hour_of_day' ? before.hourOfDay : before.dayOfWeek) === null)
    return refused(
      'insufficient',
      `the reference was made before profiles kept the hours and weekdays of ${name}; train again to have them compared`,
    );
  const { at, reference, current } = calendarCells(cycle, before, after);
  const what = cycle === 'hour_of_day' ? 'hour of the day' : 'day of the week';
  if (at.length < 2)
    return refused('insufficient', `the window and the reference share fewer than two cells: not every ${what} lies in both`);
  if (sum(reference) === 0 || sum(current) === 0) return refused('empty', `a side has no row in the cells (${what}) that both cover`);
  const cells = { labels: at.map((cell) => (cycle === 'hour_of_day' ? `${cell}:00` : (DAYS[cell] as string))), reference, current };
  return { difference: examineShares(cells, settings), bars: bars(cells) };
}

/** A column that vanished altogether is missing, too: the test needs rows, not values. */
function enough(before: ColumnProfile, after: ColumnProfile | undefined, { minRows }: DriftSettings): boolean {
  return after !== undefined && before.count + before.missing >= minRows && after.count + after.missing >= minRows;
}

function missing(before: ColumnProfile, after: ColumnProfile | undefined, testable: boolean): Examined['missing'] {
  const n = before.count + before.missing;
  const m = after ? after.count + after.missing : 0;
  const shares = { reference: n === 0 ? 0 : before.missing / n, current: m === 0 || !after ? 0 : after.missing / m };
  if (!testable || !after || before.missing + after.missing === 0) return { ...shares, p: null };
  return { ...shares, p: twoProportions(before.missing, n, after.missing, m).p };
}

function refused(verdict: NoDifference['refused'], why: string): { readonly difference: NoDifference } {
  return { difference: { refused: verdict, why } };
}

function bars({ labels, reference, current }: LabelledCells): Bar[] {
  const [n, m] = [sum(reference), sum(current)];
  return labels.map((label, at) => ({ label, reference: (reference[at] as number) / n, current: (current[at] as number) / m }));
}

/** Of many categories those that moved most, in the order of their labels: of hundreds of shares nobody sees a difference. */
function movedMost(cells: LabelledCells): Bar[] {
  const step = (bar: Bar) => Math.abs(bar.current - bar.reference);
  return bars(cells)
    .sort((a, b) => step(b) - step(a) || (a.label < b.label ? -1 : 1))
    .slice(0, MOST_BARS)
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
