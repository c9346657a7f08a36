import { describe, expect, it } from 'vitest';
import { scheduleIssue, timezoneIssue } from './schedule-expression.ts';

describe('a schedule', () => {
  it.each([
    'rate(1 minute)',
    'rate(15 minutes)',
    'rate(1 hour)',
    'rate(7 days)',
    'cron(0 6 * * ? *)',
    'cron(0/15 8-18 ? * MON-FRI *)',
    'cron(0 0 L * ? *)',
    'cron(0 0 LW * ? 2026-2030)',
    'cron(5,35 14 15W JAN,JUL ? *)',
    'cron(0 9 ? * 2#1 *)',
    'cron(0 9 ? * FRIL *)',
  ])('%s is one', (expression) => expect(scheduleIssue(expression)).toBeUndefined());

  it.each([
    ['every hour', /rate\(…\).*cron\(…\)/],
    ['at(2026-01-01T00:00:00)', /rate\(…\)/],
    ['rate(0 minutes)', /at least one minute/],
    ['rate(30 seconds)', /minutes, hours or days/],
    ['rate(1.5 hours)', /whole number/],
    ['rate(5 minute)', /"rate\(5 minutes\)"/],
    ['rate(1 hours)', /"rate\(1 hour\)"/],
    ['rate(5  minutes)', /whole number/],
    ['cron(* * * * *)', /six fields.*5/],
    ['cron(60 6 * * ? *)', /minutes "60".*0 to 59/],
    ['cron(0 24 * * ? *)', /hours "24"/],
    ['cron(0 6 32 * ? *)', /day of month "32"/],
    ['cron(0 6 * 13 ? *)', /month "13".*JAN to DEC/],
    ['cron(0 6 ? * 8 *)', /day of week "8".*SUN to SAT/],
    ['cron(0 6 * * ? 1969)', /year "1969"/],
    ['cron(0 18-8 * * ? *)', /hours "18-8"/],
    ['cron(0 6/0 * * ? *)', /hours "6\/0"/],
    ['cron(0 6 * * * *)', /exactly one of/],
    ['cron(0 6 ? * ? *)', /exactly one of/],
    ['cron(0,, 6 * * ? *)', /minutes ""/],
  ])('%s is none: %s', (expression, issue) => expect(scheduleIssue(expression)).toMatch(issue));
});

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/New_York'])('%s is one', (timezone) => expect(timezoneIssue(timezone)).toBeUndefined());
  it.each(['Berlin', '', 'Mars/Olympus'])('%j is none', (timezone) => expect(timezoneIssue(timezone)).toMatch(/IANA/));
});
