/** What a person watches: a model's health, a tenant's metrics, and what a prediction goes back to. Start at model-health.ts. */
export { exposition, type Family, type Sample } from './exposition.ts';
export { findLineage, type LineagePorts } from './find-lineage.ts';
export { HEALTH_STATUSES } from './health.ts';
export { LATENCY_BOUNDS_MS } from './latency.ts';
export type { LineagePart, LineageRollout, Lineages, VersionLineage } from './lineage.ts';
export { LATENCY_SAMPLE, type ModelHealth, modelHealth, type VersionHealth } from './model-health.ts';
export type {
  CallFigures,
  ColumnEffect,
  DecisionCounts,
  VersionCalls,
  Watch,
  WatchedModel,
  WatchedMonitor,
  WatchedRetraining,
  WatchedRollout,
  WatchedScan,
} from './ports.ts';
export { startOfCounting, tenantMetrics } from './tenant-metrics.ts';
