import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from './client.ts';
import type { Tenant } from './tenants.ts';

const MONITOR = '/v1/models/flights/monitors/world';
const POLL_MS = 500;
const SCAN_LIMIT_MS = 5 * 60_000;
const DAY_HOURS = 24;
const LATENESS_HOURS = 72;

/** April and May, each a window of the monitor; the days after May that let its window close are traffic too. */
export const WINDOWS = [
  { name: 'April', from: '2001-04-01', before: '2001-05-01' },
  { name: 'May', from: '2001-05-01', before: '2001-05-31' },
] as const;
export const WINDOW_CLOSED = '2001-06-04';

interface Finding {
  readonly verdict: string;
  readonly sentence: string;
}

export interface ColumnVerdict extends Finding {
  readonly column: string;
  readonly effect: { readonly name: string; readonly value: number; readonly threshold: number } | null;
}

export interface Scan {
  readonly id: string;
  readonly status: string;
  readonly verdict: string | null;
  readonly headline: string | null;
  readonly window: { readonly from: string; readonly to: string };
  readonly rows: number;
  readonly labelled: number;
  readonly columns: readonly ColumnVerdict[];
  readonly prediction: ColumnVerdict | null;
  readonly target: ColumnVerdict | null;
  /** Whether the labels show that the model got worse. */
  readonly decay: Finding | null;
  readonly alerted: boolean;
  readonly reportUrl: string | null;
  readonly failure: unknown;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** Watches the model against its training profile, thirty days at a time, on the schedule of EventBridge: nobody here starts a scan. */
export async function watch({ asScientist }: Tenant, minRows: number): Promise<void> {
  await asScientist.put(MONITOR, {
    reference: { kind: 'training' },
    window: { hours: 30 * DAY_HOURS, startsAt: `${WINDOWS[0].from}T00:00:00Z` },
    latenessHours: LATENESS_HOURS,
    // What is replayed is as old as its newest row.
    clock: 'watermark',
    schedule: 'rate(1 minute)',
    minRows,
    alertOn: ['columns', 'prediction'],
    retraining: { pipeline: 'flights', cooldownHours: 24, budget: { executions: 3, days: 30 } },
  });
}

/** The scans of both windows, in their order, once they have ended. */
export async function scansOf({ asScientist, slug }: Tenant): Promise<readonly Scan[]> {
  const { items } = await asScientist
    .get<{ items: readonly { id: string; status: string; window: Scan['window'] }[] }>(`${MONITOR}/scans?limit=100`)
    .catch((error: unknown) => {
      if (error instanceof ApiProblem && error.status === 404) return { items: [] };
      throw error;
    });
  // Other windows may have been scanned at somebody's wish, or since.
  const ours = WINDOWS.flatMap((window) => items.find((scan) => isOf(scan, window)) ?? []);
  const failed = ours.find(({ status }) => status === 'failed');
  const ended = ours.filter(({ status }) => status === 'succeeded');
  const scans = await Promise.all(ended.map(({ id }) => asScientist.get<Scan>(`/v1/scans/${id}`)));
  if (failed) {
    const { failure } = await asScientist.get<Scan>(`/v1/scans/${failed.id}`);
    throw new Error(`the scan of ${slug} from ${failed.window.from} failed: ${JSON.stringify(failure)}`);
  }
  return scans;
}

function isOf({ window }: Pick<Scan, 'window'>, { from, before }: (typeof WINDOWS)[number]): boolean {
  return window.from.startsWith(from) && window.to.startsWith(before);
}

export async function awaitScans(tenant: Tenant, say: (line: string) => void): Promise<readonly Scan[]> {
  const until = Date.now() + SCAN_LIMIT_MS;
  for (;;) {
    const scans = await scansOf(tenant);
    if (scans.length === WINDOWS.length) return scans;
    say(`${tenant.slug}: ${scans.length} of ${WINDOWS.length} windows scanned`);
    if (Date.now() > until)
      throw new Error(`the schedule has not had both windows of ${tenant.slug} scanned after ${SCAN_LIMIT_MS / 60_000} minutes`);
    await sleep(POLL_MS);
  }
}

/** What drifted, worst first, or that nothing did. */
export function drifted({ columns, prediction, target }: Scan): readonly ColumnVerdict[] {
  const over = ({ effect }: ColumnVerdict) => (effect ? effect.value / effect.threshold : 0);
  return [...columns, prediction, target]
    .filter((one) => one !== null)
    .filter(({ verdict }) => verdict === 'drift')
    .sort((a, b) => over(b) - over(a));
}
