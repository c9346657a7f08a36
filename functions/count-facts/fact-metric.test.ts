import { describe, expect, it } from 'vitest';
import { factMetric } from './fact-metric.ts';

const counted = (type: string, data: Record<string, unknown> = {}) => {
  const text = factMetric({ type, tenant: 't', data: { model: 'flights', ...data } }, 7);
  return text && JSON.parse(text);
};

describe('a fact', () => {
  it.each([
    ['execution.failed.v1', {}, 'ExecutionsFailed'],
    ['approval.expired.v1', {}, 'ApprovalsExpired'],
    ['rollout.rolled-back.v1', {}, 'RolledBack'],
    ['rollout.succeeded.v1', {}, 'RolloutsSucceeded'],
    ['monitor.scan.failed.v1', {}, 'FailedScans'],
    ['monitor.drift.detected.v1', {}, 'DriftDetected'],
    ['retraining.decided.v1', { decision: 'start' }, 'RetrainingStarted'],
    ['retraining.decided.v1', { decision: 'refuse' }, 'RetrainingRefused'],
  ])('%s %j counts as %s, for the stage and for the model', (type, data, name) =>
    expect(counted(type, data)).toEqual({
      _aws: {
        Timestamp: 7,
        CloudWatchMetrics: [
          { Namespace: 'Sluice', Dimensions: [['service'], ['tenant', 'model']], Metrics: [{ Name: name, Unit: 'Count' }] },
        ],
      },
      service: 'count-facts',
      tenant: 't',
      model: 'flights',
      [name]: 1,
    }),
  );

  it.each([
    ['rollout.started.v1', {}],
    ['retraining.decided.v1', {}],
    ['constructor', {}],
  ])('%s %j is not counted', (type, data) => expect(counted(type, data)).toBeUndefined());
});
