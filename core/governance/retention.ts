import { DomainError, type RetentionIssue } from '#core/kernel/index.ts';

/**
 * For how many days a tenant keeps what grows with use. What is not named is kept as the stage keeps it. Days count from when the
 * store took something in, not from what it tells of: 2001's flights, replayed today, are a day old tomorrow.
 *
 * Nothing else can be named. Decisions have to be explained and a version has to be rebuilt for as long as anybody asks, so these
 * stay: the audit and its evidence, the artifacts, metrics and lineage of every version, evaluations and their reports, quality
 * reports, dataset versions and the source of training.
 */
export interface Retention {
  /** Predictions with their features, in the log and for look-up, and how each call went. */
  readonly predictionDays?: number | undefined;
  readonly groundTruthDays?: number | undefined;
  /** Inputs since they were uploaded, inputs and results since the last batch ended that used them. */
  readonly batchDays?: number | undefined;
  /** What steps hand to each other: the split and the quarantined rows of a dataset, and what a training job left beside its model. */
  readonly intermediateDays?: number | undefined;
  /** Reports of scans in full, and their pages; verdict and summary of a scan stay. */
  readonly driftReportDays?: number | undefined;
}

export type RetentionSetting = keyof Retention;

const TEN_YEARS = 3650;

/** In days, both included. */
export const RETENTION_BOUNDS: Readonly<Record<RetentionSetting, { readonly least: number; readonly most: number }>> = {
  // A delivery may come again for 14 days, and is logged once because its predictions are still known.
  predictionDays: { least: 15, most: TEN_YEARS },
  // Every stage forgets labels after so many, whatever a policy says.
  groundTruthDays: { least: 1, most: 400 },
  batchDays: { least: 1, most: TEN_YEARS },
  intermediateDays: { least: 1, most: TEN_YEARS },
  driftReportDays: { least: 1, most: TEN_YEARS },
};

/** As told to who names something else. */
export const ALWAYS_KEPT =
  'the audit and its evidence, artifacts, metrics, evaluations and lineage of versions, datasets and sources explain decisions and are always kept';

const DAY_MS = 24 * 60 * 60_000;

/** Whether something that was done with at that moment is kept still; what has not ended is. It may be there a day longer. */
export function isKept(retention: Retention | undefined, setting: RetentionSetting, endedAt: Date | null, now: Date): boolean {
  const days = retention?.[setting];
  return days === undefined || endedAt === null || now.getTime() - endedAt.getTime() < days * DAY_MS;
}

/** A monitor as far as it reads the log. */
export interface LogReader {
  readonly model: string;
  readonly name: string;
  readonly settings: {
    readonly reference: { readonly kind: 'training' | 'window' };
    readonly window: { readonly hours: number };
    readonly latenessHours: number;
    readonly schedule: string | null;
  };
}

/**
 * @throws {DomainError} `retention_too_short`: a monitor reads further back than predictions or ground truth are kept, or compares with a
 * fixed window of the log, which would be gone one day
 */
export function demandLog(retention: Retention | undefined, monitors: readonly LogReader[]): void {
  const issues = monitors.flatMap((monitor) =>
    (['predictionDays', 'groundTruthDays'] as const).flatMap((setting) => issueOf(setting, retention?.[setting], monitor)),
  );
  if (issues.length > 0) throw new DomainError({ code: 'retention_too_short', issues });
}

function issueOf(
  setting: RetentionIssue['setting'],
  days: number | undefined,
  { model, name, settings }: LogReader,
): readonly RetentionIssue[] {
  if (days === undefined) return [];
  const { reference, window, latenessHours, schedule } = settings;
  const at = { setting, days, model, monitor: name };
  if (reference.kind === 'window') return [{ ...at, reason: 'its reference is a window of the log, which would be gone one day' }];
  const needed = Math.ceil((window.hours + latenessHours + hoursBetweenRuns(schedule)) / 24);
  return needed > days ? [{ ...at, reason: `it reads ${needed} days back: window, lateness and the time between two scans` }] : [];
}

const UNIT_HOURS: Readonly<Record<string, number>> = { minute: 1 / 60, hour: 1, day: 24 };

/** At most: a cron is taken for daily, weekly, monthly or yearly by the widest field that it narrows. A person who asks does so within a day. */
function hoursBetweenRuns(schedule: string | null): number {
  const [, value = '1', unit = 'day'] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule ?? '') ?? [];
  if (!schedule?.startsWith('cron(')) return Number(value) * (UNIT_HOURS[unit] ?? 24);
  const [, , day, month, weekday, year] = schedule.slice('cron('.length, -1).split(' ');
  const narrows = (field: string | undefined) => field !== '*' && field !== '?';
  if (narrows(month) || narrows(year)) return 366 * 24;
  if (narrows(day)) return 31 * 24;
  return weekday?.includes('#') || weekday?.includes('L') ? 35 * 24 : narrows(weekday) ? 7 * 24 : 24;
}
