const UNITS = ['minute', 'minutes', 'hour', 'hours', 'day', 'days'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names for the numbers from `least` on. */
  readonly names?: readonly string[];
  /** What only this field may say. */
  readonly special?: RegExp;
}

const DAY_OF_MONTH: Field = { name: 'day of month', least: 1, most: 31, special: /^(\?|L|LW|L-([1-9]|[12]\d|30)|([1-9]|[12]\d|3[01])W)$/ };
const DAY_OF_WEEK: Field = {
  name: 'day of week',
  least: 1,
  most: 7,
  names: DAYS,
  special: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/,
};

const FIELDS: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  DAY_OF_MONTH,
  { name: 'month', least: 1, most: 12, names: MONTHS },
  DAY_OF_WEEK,
  { name: 'year', least: 1970, most: 2199 },
];

/**
 * What is wrong with a schedule in the language of EventBridge Scheduler, as a sentence; undefined when nothing is.
 *
 * @example scheduleIssue('rate(5 minutes)') // undefined
 * @see EventBridge Scheduler user guide, "Schedule types"
 */
export function scheduleIssue(expression: string): string | undefined {
  const [, kind, inside = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return rateIssue(inside);
  if (kind === 'cron') return cronIssue(inside);
  return 'a schedule is rate(…), such as "rate(1 hour)", or cron(…), such as "cron(0 6 * * ? *)"';
}

/** What is wrong with the name of a time zone; undefined when nothing is. */
export function timezoneIssue(timezone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return undefined;
  } catch {
    return `there is no time zone ${JSON.stringify(timezone)}; name it as the IANA database does, such as "Europe/Berlin"`;
  }
}

function rateIssue(inside: string): string | undefined {
  const [, digits = '', unit = ''] = /^(\d+) (\w+)$/.exec(inside) ?? [];
  if (!UNITS.includes(unit)) return 'a rate is a whole number and one of minutes, hours or days, such as "rate(15 minutes)"';
  const value = Number(digits);
  if (value < 1) return 'a rate is at least one minute';
  if (digits.length > 6) return 'a rate is at most 999999 of its unit';
  // The service takes "1 hour" and "2 hours", and nothing between.
  const fitting = value === 1 ? unit.replace(/s$/, '') : `${unit.replace(/s$/, '')}s`;
  if (unit !== fitting) return `write "rate(${value} ${fitting})"`;
  return undefined;
}

function cronIssue(inside: string): string | undefined {
  const parts = inside.split(' ');
  if (parts.length !== FIELDS.length) {
    return `a cron has six fields with one space between them: minutes hours day-of-month month day-of-week year; this one has ${parts.length}`;
  }
  for (const [index, field] of FIELDS.entries()) {
    const issue = fieldIssue(field, parts[index] ?? '');
    if (issue !== undefined) return issue;
  }
  if ((parts[2] === '?') === (parts[4] === '?')) return 'exactly one of day-of-month and day-of-week is "?"';
  return undefined;
}

function fieldIssue(field: Field, written: string): string | undefined {
  if (field.special?.test(written)) return undefined;
  const wrong = written.split(',').find((item) => !isItem(field, item));
  if (wrong === undefined) return undefined;
  const names = field.names ? ` or ${field.names[0]} to ${field.names.at(-1)}` : '';
  return `the ${field.name} ${JSON.stringify(wrong)} is none: ${field.least} to ${field.most}${names}, "*", ranges, lists and steps`;
}

/** `*`, `5`, `1-5`, any of them with a step. */
function isItem(field: Field, item: string): boolean {
  const [range = '', step, ...rest] = item.split('/');
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
  if (range === '*') return true;
  const [from, to, ...more] = range.split('-').map((text) => numberOf(field, text));
  if (from === undefined || more.length > 0) return false;
  return range.includes('-') ? to !== undefined && from <= to : true;
}

function numberOf({ least, most, names = [] }: Field, text: string): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? least + named : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
