import { describe, expect, it } from 'vitest';
import type { DomainError } from '#core/kernel/index.ts';
import { demandLog, isKept, type LogReader, type Retention } from './retention.ts';

const settings: LogReader['settings'] = { reference: { kind: 'training' }, window: { hours: 24 }, latenessHours: 0, schedule: null };
const reader = (change: Partial<LogReader['settings']> = {}): LogReader => ({
  model: 'delays',
  name: 'drift',
  settings: { ...settings, ...change },
});

const refusal = (retention: Retention | undefined, ...monitors: readonly LogReader[]) => {
  try {
    demandLog(retention, monitors);
    return [];
  } catch (error) {
    const { failure } = error as DomainError;
    return failure.code === 'retention_too_short' ? failure.issues : failure;
  }
};

describe('what monitors read', () => {
  it.each([
    { name: 'a day that somebody asks for within a day', settings: {}, days: 2 },
    { name: 'a day, two days late, hourly', settings: { latenessHours: 48, schedule: 'rate(1 hour)' }, days: 4 },
    { name: 'an hour, every ten minutes', settings: { window: { hours: 1 }, schedule: 'rate(10 minutes)' }, days: 1 },
    { name: 'a month, daily', settings: { window: { hours: 720 }, schedule: 'rate(1 day)' }, days: 31 },
    { name: 'a day, each morning', settings: { schedule: 'cron(0 6 * * ? *)' }, days: 2 },
    { name: 'a day, on working days', settings: { schedule: 'cron(0 6 ? * MON-FRI *)' }, days: 8 },
    { name: 'a day, on the last Friday', settings: { schedule: 'cron(0 6 ? * 6L *)' }, days: 36 },
    { name: 'a day, on the first of the month', settings: { schedule: 'cron(0 6 1 * ? *)' }, days: 32 },
    { name: 'a day, in April', settings: { schedule: 'cron(0 6 * APR ? *)' }, days: 367 },
  ])('is there when it is $name and $days days are kept, and not when one less is', ({ settings: change, days }) => {
    expect(refusal({ predictionDays: days, groundTruthDays: days }, reader(change))).toEqual([]);
    for (const setting of ['predictionDays', 'groundTruthDays'] as const) {
      const [issue, ...others] = refusal({ [setting]: days - 1 }, reader(change)) as readonly object[];
      expect(issue).toMatchObject({
        setting,
        days: days - 1,
        model: 'delays',
        monitor: 'drift',
        reason: expect.stringContaining(`${days}`),
      });
      expect(others).toEqual([]);
    }
  });

  it('may be no fixed window of a log that does not stay', () => {
    const fixed = reader({ reference: { kind: 'window' } });
    expect(refusal({ predictionDays: 3650 }, reader(), fixed)).toMatchObject([{ reason: expect.stringContaining('reference') }]);
    expect(refusal({ batchDays: 1, intermediateDays: 1, driftReportDays: 1 }, fixed)).toEqual([]);
    expect(refusal(undefined, fixed)).toEqual([]);
  });

  it('is told of each monitor', () => {
    const issues = refusal({ predictionDays: 1, groundTruthDays: 1 }, reader(), { ...reader(), name: 'second' });
    expect((issues as readonly { monitor: string }[]).map(({ monitor }) => monitor)).toEqual(['drift', 'drift', 'second', 'second']);
  });
});

describe('whatever has ended', () => {
  const at = (days: number) => new Date(days * 24 * 3_600_000);
  it.each([
    { name: 'is kept until its days have passed', retention: { batchDays: 7 }, endedAt: at(1), now: at(7.99), kept: true },
    { name: 'is not kept from then on', retention: { batchDays: 7 }, endedAt: at(1), now: at(8), kept: false },
    { name: 'is kept where the policy says nothing of it', retention: { driftReportDays: 7 }, endedAt: at(1), now: at(999), kept: true },
    { name: 'is kept where there is no retention', retention: undefined, endedAt: at(1), now: at(999), kept: true },
    { name: 'is kept while it has not', retention: { batchDays: 7 }, endedAt: null, now: at(999), kept: true },
  ])('$name', ({ retention, endedAt, now, kept }) => expect(isKept(retention, 'batchDays', endedAt, now)).toBe(kept));
});
