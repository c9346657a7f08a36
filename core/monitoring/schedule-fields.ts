/** A field of a cron, as EventBridge Scheduler has them. */
export interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names for the numbers from `least` on. */
  readonly names?: readonly string[];
  /** What only this field may say. */
  readonly special?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** In the order in which they are written. */
export const FIELDS = {
  minutes: { name: 'minutes', least: 0, most: 59 },
  hours: { name: 'hours', least: 0, most: 23 },
  dayOfMonth: { name: 'day of month', least: 1, most: 31, special: /^(\?|L|LW|L-([1-9]|[12]\d|30)|([1-9]|[12]\d|3[01])W)$/ },
  month: { name: 'month', least: 1, most: 12, names: MONTHS },
  dayOfWeek: {
    name: 'day of week',
    least: 1,
    most: 7,
    names: DAYS,
    special: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/,
  },
  year: { name: 'year', least: 1970, most: 2199 },
} as const satisfies Readonly<Record<string, Field>>;

/** From, to and step of `*`, `5`, `1-5`, any of them with a step; undefined for what is none. */
export function rangeOf(field: Field, item: string): { readonly from: number; readonly to: number; readonly step: number } | undefined {
  const [range = '', step, ...rest] = item.split('/');
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return undefined;
  const by = Number(step ?? 1);
  if (range === '*') return { from: field.least, to: field.most, step: by };
  const [from, to, ...more] = range.split('-').map((text) => numberOf(field, text));
  if (from === undefined || more.length > 0) return undefined;
  // "5/15" goes on to the end.
  if (!range.includes('-')) return { from, to: step === undefined ? from : field.most, step: by };
  return to !== undefined && from <= to ? { from, to, step: by } : undefined;
}

export function numberOf({ least, most, names = [] }: Field, text: string): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? least + named : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
