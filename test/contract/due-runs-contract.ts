import { describe, expect, it } from 'vitest';
import type { DueRun, dynamoDueRuns, ExpectedBy } from '#adapters/dynamodb/due-runs.ts';

const HOURLY: ExpectedBy = { schedule: 'monitor-1', tenant: 't', expression: 'rate(1 hour)', timezone: 'UTC' };
const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

/** What the table of runs that are due must do. */
export function dueRunsContract(make: () => Promise<ReturnType<typeof dynamoDueRuns>>): void {
  describe('runs that are due', () => {
    async function overdueAt(runs: ReturnType<typeof dynamoDueRuns>, hour: number): Promise<readonly DueRun[]> {
      const found: DueRun[] = [];
      for await (const page of runs.overdue(at(hour))) found.push(...page);
      return found;
    }

    it('are overdue once their time has passed, and no longer once one came', async () => {
      const runs = await make();
      expect(await overdueAt(runs, 9)).toEqual([]);
      await runs.expect(HOURLY, at(1));
      await runs.expect({ ...HOURLY, schedule: 'monitor-2' }, at(9));
      expect(await overdueAt(runs, 1)).toEqual([]);
      expect(await overdueAt(runs, 2)).toEqual([{ ...HOURLY, dueAt: at(1) }]);
      await runs.ran(HOURLY, at(2));
      await runs.ran(HOURLY, at(2));
      expect(await overdueAt(runs, 2)).toEqual([]);
      expect(await overdueAt(runs, 3)).toEqual([{ ...HOURLY, dueAt: at(2) }]);
    });

    it.each([
      { name: 'an earlier one that comes late', by: HOURLY, dueAt: at(3) },
      { name: 'one by what the schedule said before', by: { ...HOURLY, expression: 'rate(1 day)' }, dueAt: at(9) },
      { name: 'one in another time zone', by: { ...HOURLY, timezone: 'Europe/Berlin' }, dueAt: at(9) },
      { name: "another tenant's", by: { ...HOURLY, tenant: 'u' }, dueAt: at(9) },
    ])('are not moved by $name', async ({ by, dueAt }) => {
      const runs = await make();
      await runs.expect(HOURLY, at(4));
      await runs.ran(by, dueAt);
      expect(await overdueAt(runs, 5)).toEqual([{ ...HOURLY, dueAt: at(4) }]);
    });

    it('follow the schedule when it is changed, also to an earlier time, and end with it', async () => {
      const runs = await make();
      await runs.expect({ ...HOURLY, expression: 'rate(1 day)' }, at(20));
      await runs.expect(HOURLY, at(1));
      expect(await overdueAt(runs, 2)).toEqual([{ ...HOURLY, dueAt: at(1) }]);
      await runs.forget(HOURLY.schedule);
      await runs.forget(HOURLY.schedule);
      // Of a run that was under way when the schedule ended.
      await runs.ran(HOURLY, at(2));
      expect(await overdueAt(runs, 23)).toEqual([]);
    });
  });
}
