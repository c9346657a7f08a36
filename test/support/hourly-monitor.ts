import type { MonitorSettings } from '../../core/monitoring/index.ts';

/** A monitor by the log's clock that runs when it is asked to. */
export const HOURLY: MonitorSettings = {
  reference: { kind: 'training' },
  window: { hours: 1, startsAt: '2001-04-01T00:00:00Z' },
  latenessHours: 0,
  clock: 'watermark',
  schedule: null,
  minRows: 10,
  alertOn: ['columns'],
  retraining: null,
};
