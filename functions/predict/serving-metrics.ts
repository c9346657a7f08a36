import type { ServedCall } from '#core/serving/index.ts';

const METRICS = [
  { Name: 'PredictedRows', Unit: 'Count' },
  { Name: 'PredictionMs', Unit: 'Milliseconds' },
  { Name: 'PredictionErrors', Unit: 'Count' },
];

/**
 * What a version did, as one line of CloudWatch's embedded metric format: by tenant, model and version to look at, and by service
 * alone for an alarm that covers them all, which is why it is not left to Powertools, whose every set has the service in it. Each
 * distinct set of values is a metric that is paid for, so nothing that has more of them is among the dimensions.
 */
export function servingMetrics(tenant: string, { model, version, rows, durationMs, outcome }: ServedCall, now = Date.now()): string {
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [{ Namespace: 'Sluice', Dimensions: [['service'], ['tenant', 'model', 'version']], Metrics: METRICS }],
    },
    service: 'predict',
    tenant,
    model,
    version: String(version),
    PredictedRows: outcome === 'ok' ? rows : 0,
    PredictionMs: Math.round(durationMs * 1000) / 1000,
    PredictionErrors: outcome === 'error' ? 1 : 0,
  });
}
