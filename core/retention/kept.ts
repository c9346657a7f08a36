import { RETENTION_BOUNDS, type Retention, type RetentionSetting } from '#core/governance/index.ts';
import type { AgedCollection } from './ports.ts';

interface Place {
  /** Below the tenant's own folder of the bucket. */
  readonly folders: readonly string[];
  readonly collections: readonly AgedCollection[];
}

/** Where each kind of data lies. Reports of scans are documents too, and go with their pages. */
export const PLACES: Readonly<Record<RetentionSetting, Place>> = {
  predictionDays: { folders: ['predictions/'], collections: ['predictions', 'prediction_files', 'calls'] },
  groundTruthDays: { folders: [], collections: ['labels'] },
  batchDays: { folders: ['batch-inputs/', 'batches/'], collections: [] },
  intermediateDays: { folders: ['executions-data/', 'quarantine/', 'runs/'], collections: [] },
  driftReportDays: { folders: ['reports/drift/'], collections: [] },
};

/** Nothing is removed anywhere else. */
export const REMOVABLE_FOLDERS: readonly string[] = Object.values(PLACES).flatMap(({ folders }) => folders);

export interface Cutoff extends Place {
  readonly setting: RetentionSetting;
  readonly days: number;
  /** What the store took in before is not kept. */
  readonly before: Date;
}

export const DAY_MS = 24 * 60 * 60_000;

/** What a policy asks for, as of a moment. */
export function cutoffsOf(retention: Retention, asOf: Date): readonly Cutoff[] {
  return (Object.keys(RETENTION_BOUNDS) as RetentionSetting[]).flatMap((setting) => {
    const days = retention[setting];
    return days === undefined ? [] : [{ setting, days, before: new Date(asOf.getTime() - days * DAY_MS), ...PLACES[setting] }];
  });
}

/** `executions-data/<hash>/train/rows.parquet` and `quarantine/<hash>.parquet` → the hash of the inputs they were made of. */
export function inputHashOf(path: string): string | undefined {
  return /^(?:executions-data|quarantine)\/([0-9a-f]{64})[/.]/.exec(path)?.[1];
}

/** `reports/drift/<scan>.html` → the scan. */
export function scanOf(path: string): string | undefined {
  return /^reports\/drift\/(.+)\.html$/.exec(path)?.[1];
}
