import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** A metric that one of our functions writes, summed over the whole stage: alarms cannot add up tenants and models by themselves. */
export function stageMetric(service: string, metricName: string, period = Duration.minutes(5)): Metric {
  return new Metric({ namespace: 'Sluice', metricName, dimensionsMap: { service }, statistic: 'sum', period });
}
