import type { EventBridgeEvent } from 'aws-lambda';
import { type Fact, factMetric } from './fact-metric.ts';

/** The bus delivers at least once: a count may, seldom, be one too high. */
export async function handler({ detail, time }: Pick<EventBridgeEvent<string, Fact>, 'detail' | 'time'>): Promise<void> {
  const metric = factMetric(detail, Date.parse(time));
  // Lambda's log is where CloudWatch takes metrics from.
  if (metric) process.stdout.write(`${metric}\n`);
}
