import type { Metrics } from '@aws-lambda-powertools/metrics';

const UNITS = { ScansFailed: 'Count', ScanSeconds: 'Seconds', DriftedColumns: 'Count' } as const;

/** One number about the scans of a model. */
export function measure(
  metrics: Pick<Metrics, 'singleMetric'>,
  name: keyof typeof UNITS,
  value: number,
  { tenant, model }: { readonly tenant: string; readonly model: string },
): void {
  metrics.singleMetric().addDimension('tenant', tenant).addDimension('model', model).addMetric(name, UNITS[name], value);
}
