/** Monitors and their scans: which windows of the prediction log are looked at, and what follows from what was found. Start at plan-scans.ts. */
export { completeScan, failScan } from './complete-scan.ts';
export { judgeSettings } from './judge-settings.ts';
export {
  ALERT_SUBJECTS,
  MONITOR_STATES,
  type Monitor,
  type MonitorSettings,
  type Window,
} from './monitor.ts';
export { nextRun } from './next-run.ts';
export { orderScans } from './order-scans.ts';
export { planScans } from './plan-scans.ts';
export type { Monitors, Reports, ScanReport, ScanResult, Scans } from './ports.ts';
export { putMonitor } from './put-monitor.ts';
export { reorderSchedule } from './reorder-schedule.ts';
export { SCAN_STATUSES, SCAN_VERDICTS, type Scan, type ScanFailure, type ScanSummary } from './scan.ts';
export { scheduleIssue, timezoneIssue } from './schedule-expression.ts';
export { findMonitor, setMonitorState } from './set-monitor-state.ts';
