import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRun } from './next-run.ts';

const next = (expression: string, after: string, timezone = 'UTC') => {
  const found = nextRun(expression, timezone, new Date(`${after}Z`));
  return found?.toISOString().slice(0, 16);
};

describe('the next run', () => {
  it.each([
    ['rate(1 minute)', '2026-01-01T00:00', '2026-01-01T00:01'],
    ['rate(90 minutes)', '2026-01-01T00:00', '2026-01-01T01:30'],
    ['rate(1 hour)', '2026-01-01T00:07', '2026-01-01T01:07'],
    ['rate(2 days)', '2026-02-27T10:00', '2026-03-01T10:00'],
    ['cron(0 6 * * ? *)', '2026-01-01T05:59', '2026-01-01T06:00'],
    ['cron(0 6 * * ? *)', '2026-01-01T06:00', '2026-01-02T06:00'],
    ['cron(0/15 * * * ? *)', '2026-01-01T06:46', '2026-01-01T07:00'],
    ['cron(5/20 * * * ? *)', '2026-01-01T06:46', '2026-01-01T07:05'],
    ['cron(0,30 8-10/2 ? * MON-FRI *)', '2026-01-02T10:30', '2026-01-05T08:00'],
    ['cron(0 0 ? * 1 *)', '2026-01-01T00:00', '2026-01-04T00:00'],
    ['cron(0 0 ? * L *)', '2026-01-01T00:00', '2026-01-03T00:00'],
    ['cron(0 0 ? * 6L *)', '2026-01-01T00:00', '2026-01-30T00:00'],
    ['cron(0 0 ? * TUE#2 *)', '2026-01-01T00:00', '2026-01-13T00:00'],
    ['cron(0 0 ? * MON#5 *)', '2026-01-01T00:00', '2026-03-30T00:00'],
    ['cron(0 0 L * ? *)', '2026-02-01T00:00', '2026-02-28T00:00'],
    ['cron(0 0 L-2 2 ? *)', '2028-01-01T00:00', '2028-02-27T00:00'],
    ['cron(0 0 LW 2 ? *)', '2026-01-01T00:00', '2026-02-27T00:00'],
    ['cron(0 0 1W 8 ? *)', '2026-01-01T00:00', '2026-08-03T00:00'],
    ['cron(0 0 15W 3 ? *)', '2026-01-01T00:00', '2026-03-16T00:00'],
    ['cron(0 0 14W 3 ? *)', '2026-01-01T00:00', '2026-03-13T00:00'],
    ['cron(0 0 31 * ? *)', '2026-01-31T00:00', '2026-03-31T00:00'],
    ['cron(0 0 29 2 ? *)', '2096-02-29T00:00', '2104-02-29T00:00'],
    ['cron(0 6 * JAN ? 2027-2030)', '2026-01-01T06:00', '2027-01-01T06:00'],
    ['cron(0 6 * * ? 2026)', '2026-12-31T06:00', undefined],
    ['cron(0 0 30 2 ? *)', '2026-01-01T00:00', undefined],
  ])('of %s after %s is %s', (expression, after, time) => expect(next(expression, after)).toBe(time));

  it.each([
    { name: 'in winter', timezone: 'Europe/Berlin', after: '2026-01-01T12:00', time: '2026-01-02T05:00' },
    { name: 'in summer', timezone: 'Europe/Berlin', after: '2026-07-01T12:00', time: '2026-07-02T04:00' },
    { name: 'on the day before', timezone: 'Pacific/Kiritimati', after: '2026-01-01T12:00', time: '2026-01-01T16:00' },
  ])('is by the clock of its zone: at six $name', ({ timezone, after, time }) =>
    expect(next('cron(0 6 * * ? *)', after, timezone)).toBe(time),
  );

  it.each([
    { name: 'is left out when clocks go forward over it', after: '2026-03-28T12:00', time: '2026-03-30T00:30' },
    { name: 'comes once when clocks go back over it', after: '2026-10-24T12:00', time: '2026-10-25T00:30' },
    { name: 'does not come again an hour later', after: '2026-10-25T00:30', time: '2026-10-26T01:30' },
  ])('at half past two $name', ({ after, time }) => expect(next('cron(30 2 * * ? *)', after, 'Europe/Berlin')).toBe(time));

  it('is later than the one before, and none lies between', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('cron(7 * * * ? *)', 'cron(0 6,18 * * ? *)', 'cron(30 2 ? * MON *)', 'cron(0 0 L * ? *)'),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'),
        fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (expression, timezone, after, share) => {
          const due = nextRun(expression, timezone, after)?.getTime() ?? Number.NaN;
          expect(due).toBeGreaterThan(after.getTime());
          const between = new Date(after.getTime() + Math.floor((due - after.getTime()) * share));
          // Within the hour that is there twice, somebody who begins to look in its second half finds what comes after it.
          const twice = Math.abs(due - (nextRun(expression, timezone, between)?.getTime() ?? 0));
          if (twice > 0) expect(due - between.getTime()).toBeLessThanOrEqual(3_600_000);
        },
      ),
    ));
});
