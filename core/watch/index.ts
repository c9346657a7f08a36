/** What a person watches: a model's health, a tenant's metrics, and what a prediction goes back to. Start at model-health.ts. */
export { exposition } from './exposition.ts';
export { findLineage } from './find-lineage.ts';
export { HEALTH_STATUSES } from './health.ts';
export { LATENCY_BOUNDS_MS } from './latency.ts';
export type { LineagePart, Lineages, VersionLineage } from './lineage.ts';
export { LATENCY_SAMPLE, type ModelHealth, modelHealth } from './model-health.ts';
export type { CallFigures, ColumnEffect, Watch, WatchedModel, WatchedMonitor, WatchedRollout } from './ports.ts';
export { startOfCounting, tenantMetrics } from './tenant-metrics.ts';
