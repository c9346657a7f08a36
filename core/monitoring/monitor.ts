import type { DriftSettings } from '#core/drift/index.ts';
import type { RetrainingPolicy } from '#core/retraining/index.ts';

/** Whole hours in UTC, the end not included: the log is kept by the hour. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** What a window is compared with: what the version that served most of it saw in training, or another window of the log. */
export type Reference = { readonly kind: 'training' } | { readonly kind: 'window'; readonly from: string; readonly to: string };

export const ALERT_SUBJECTS = ['columns', 'prediction', 'target', 'performance'] as const;
export type AlertSubject = (typeof ALERT_SUBJECTS)[number];

/** What a monitor changes of the method's defaults; how many rows it wants it says for itself. */
export type DriftOverrides = Maybe<Omit<DriftSettings, 'minRows' | 'thresholds'>> & {
  readonly thresholds?: Maybe<DriftSettings['thresholds']> | undefined;
};

type Maybe<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** As the caller wrote them: plain JSON, times in RFC 3339. */
export interface MonitorSettings {
  readonly reference: Reference;
  readonly window: { readonly hours: number; readonly startsAt: string };
  /** How long after its end a window is waited for, so that what comes late is in it. */
  readonly latenessHours: number;
  /** What "now" is: the clock on the wall, or the newest hour of the model's log. */
  readonly clock: 'wall' | 'watermark';
  /** `rate(…)` or `cron(…)` as EventBridge Scheduler has them; null: only when somebody asks. */
  readonly schedule: string | null;
  readonly timezone?: string | undefined;
  /** A window with fewer rows is insufficient and alerts nobody. */
  readonly minRows: number;
  readonly drift?: DriftOverrides | undefined;
  readonly alertOn: readonly AlertSubject[];
  readonly retraining: RetrainingPolicy | null;
}

export const MONITOR_STATES = ['active', 'paused'] as const;

export interface Monitor {
  readonly id: string;
  readonly modelId: string;
  readonly model: string;
  readonly name: string;
  readonly settings: MonitorSettings;
  readonly state: (typeof MONITOR_STATES)[number];
  readonly revision: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
