import { FIELDS, type Field, rangeOf } from './schedule-fields.ts';

const UNITS = ['minute', 'minutes', 'hour', 'hours', 'day', 'days'];

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
  const fields = Object.values(FIELDS);
  if (parts.length !== fields.length) {
    return `a cron has six fields with one space between them: minutes hours day-of-month month day-of-week year; this one has ${parts.length}`;
  }
  for (const [index, field] of fields.entries()) {
    const issue = fieldIssue(field, parts[index] ?? '');
    if (issue !== undefined) return issue;
  }
  if ((parts[2] === '?') === (parts[4] === '?')) return 'exactly one of day-of-month and day-of-week is "?"';
  return undefined;
}

function fieldIssue(field: Field, written: string): string | undefined {
  if (field.special?.test(written)) return undefined;
  const wrong = written.split(',').find((item) => !rangeOf(field, item));
  if (wrong === undefined) return undefined;
  const names = field.names ? ` or ${field.names[0]} to ${field.names.at(-1)}` : '';
  return `the ${field.name} ${JSON.stringify(wrong)} is none: ${field.least} to ${field.most}${names}, "*", ranges, lists and steps`;
}
