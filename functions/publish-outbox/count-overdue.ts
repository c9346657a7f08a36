import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { dynamoDueRuns } from '#adapters/dynamodb/due-runs.ts';
import type { dynamoOpenMachines } from '#adapters/dynamodb/open-machines.ts';

/** As long as the Scheduler itself tries to start a run (adapters/scheduler/schedules.ts). */
const LATE_MS = 3_600_000;

export interface CountOverdueProps {
  readonly dueRuns: Pick<ReturnType<typeof dynamoDueRuns>, 'overdue'>;
  readonly openMachines: Pick<ReturnType<typeof dynamoOpenMachines>, 'waitingLong'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly metrics: Pick<Metrics, 'singleMetric'>;
  now(): number;
}

export interface Overdue {
  readonly scans: number;
  readonly approvals: number;
}

/** Counts what should have happened and did not, scans and decisions of people, and says of each what it is. It looks at DynamoDB only, so that an idle database may sleep. */
export function countOverdue({ dueRuns, openMachines, logger, metrics, now }: CountOverdueProps) {
  return async (): Promise<Overdue> => {
    let scans = 0;
    for await (const page of dueRuns.overdue(new Date(now() - LATE_MS))) {
      scans += page.length;
      for (const { dueAt, ...run } of page) logger.warn('a scan is overdue', { ...run, dueAt: dueAt.toISOString() });
    }
    let approvals = 0;
    for await (const page of openMachines.waitingLong(new Date(now()))) {
      approvals += page.length;
      for (const { name: execution, tenant, dueAt } of page)
        logger.warn('an approval waits', { tenant, execution, dueAt: dueAt.toISOString() });
    }
    // A metric costs in the hours in which it is written: nothing to tell writes none.
    if (scans > 0) metrics.singleMetric().addMetric('ScansOverdue', 'Count', scans);
    if (approvals > 0) metrics.singleMetric().addMetric('ApprovalsWaiting', 'Count', approvals);
    return { scans, approvals };
  };
}
