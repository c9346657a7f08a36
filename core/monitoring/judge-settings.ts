import { DRIFT_DEFAULTS, type DriftSettings } from '#core/drift/index.ts';
import type { MonitorSettings } from './monitor.ts';

/** What the judge goes by: the method's defaults with what the monitor says instead. */
export function judgeSettings({ minRows, drift = {} }: Pick<MonitorSettings, 'minRows' | 'drift'>): DriftSettings {
  const { thresholds = {}, ...others } = drift;
  return {
    ...DRIFT_DEFAULTS,
    ...said(others),
    minRows,
    thresholds: { ...DRIFT_DEFAULTS.thresholds, ...said(thresholds) },
  };
}

function said<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<typeof said<T>>;
}
