/** How a fact of the bus is counted. A name is that of an alarm or of a line on the dashboard. */
export const METRIC_OF: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  'execution.failed.v1': 'ExecutionsFailed',
  'approval.expired.v1': 'ApprovalsExpired',
  'rollout.succeeded.v1': 'RolloutsSucceeded',
  'rollout.rolled-back.v1': 'RolledBack',
  'rollout.aborted.v1': 'RolloutsAborted',
  'monitor.scan.completed.v1': 'ScansCompleted',
  'monitor.scan.failed.v1': 'FailedScans',
  'monitor.drift.detected.v1': 'DriftDetected',
  'retraining.decided.v1': { start: 'RetrainingStarted', refuse: 'RetrainingRefused' },
};

/** The part of a CloudEvent that is counted. */
export interface Fact {
  readonly type: string;
  readonly tenant: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * One count in CloudWatch's embedded metric format: once for the whole stage, which an alarm watches, and once for the tenant's
 * model. Undefined for what is not counted.
 */
export function factMetric({ type, tenant, data }: Fact, timestamp: number): string | undefined {
  const found = Object.hasOwn(METRIC_OF, type) ? METRIC_OF[type] : undefined;
  const name = typeof found === 'object' ? found[String(data['decision'])] : found;
  if (name === undefined) return undefined;
  const Dimensions = [['service'], ['tenant', 'model']];
  return JSON.stringify({
    _aws: { Timestamp: timestamp, CloudWatchMetrics: [{ Namespace: 'Sluice', Dimensions, Metrics: [{ Name: name, Unit: 'Count' }] }] },
    service: 'count-facts',
    tenant,
    model: String(data['model'] ?? 'unknown'),
    [name]: 1,
  });
}
