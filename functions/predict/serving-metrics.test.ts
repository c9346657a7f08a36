import { expect, it } from 'vitest';
import { servingMetrics } from './serving-metrics.ts';

it('tells CloudWatch what a version did, for each version and for all together', () => {
  const served = { model: 'flights', version: 3, rows: 256, durationMs: 1.23456, outcome: 'ok' } as const;
  const line = JSON.parse(servingMetrics('t', served, 1000));
  expect(line).toMatchObject({
    _aws: { Timestamp: 1000, CloudWatchMetrics: [{ Namespace: 'Sluice', Dimensions: [['service'], ['tenant', 'model', 'version']] }] },
    service: 'predict',
    tenant: 't',
    model: 'flights',
    version: '3',
    PredictedRows: 256,
    PredictionMs: 1.235,
    PredictionErrors: 0,
  });
  const names = line._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { readonly Name: string }) => Name);
  expect(names.every((name: string) => typeof line[name] === 'number')).toBe(true);
  expect(JSON.parse(servingMetrics('t', { ...served, outcome: 'error' }))).toMatchObject({ PredictedRows: 0, PredictionErrors: 1 });
});
