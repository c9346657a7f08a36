import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '#core/alerts/index.ts';
import type { ServedCall } from '#core/serving/index.ts';
import { factMetric, METRIC_OF } from '#functions/count-facts/fact-metric.ts';
import { servingMetrics } from '#functions/predict/serving-metrics.ts';
import { COUNTED_FACTS } from '../../infra/constructs/fact-counter.ts';
import { ROOT, resources, STAGES } from './synth.ts';

describe.each(STAGES)('what is watched in %s', (stage) => {
  const alarms = resources(stage, 'AWS::CloudWatch::Alarm');
  const composites = resources(stage, 'AWS::CloudWatch::CompositeAlarm');
  const isPart = (id: string) =>
    JSON.stringify(composites.map(([, { Properties }]) => Properties.AlarmRule)).includes(`"${id.split('/').at(-1)}"`);

  it('rings the topic and names a runbook that is there', () => {
    expect(alarms.length).toBeGreaterThan(20);
    for (const [id, { Properties }] of [...alarms, ...composites]) {
      // A part of an alarm does not ring by itself.
      expect(Properties.AlarmActions ?? [], id).toHaveLength(isPart(id) ? 0 : 1);
      const [, runbook = ''] = /See (docs\/runbooks\/[a-z-]+\.md)$/.exec(Properties.AlarmDescription) ?? [];
      expect(runbook && existsSync(join(ROOT, runbook)), `${id}: ${Properties.AlarmDescription}`).toBe(true);
    }
  });

  it('needs no arithmetic over metrics, which the laptop’s engine lacks', () => {
    for (const [id, { Properties }] of alarms) expect(Properties.Metrics, id).toBeUndefined();
  });

  it.each([
    ['AWS/ApiGateway', '5xx'],
    ['AWS/Lambda', 'Duration'],
    ['AWS/SQS', 'ApproximateAgeOfOldestMessage'],
    ['Sluice', 'ExecutionsFailed'],
    ['Sluice', 'ApprovalsExpired'],
    ['Sluice', 'ApprovalsWaiting'],
    ['Sluice', 'FailedScans'],
    ['Sluice', 'ScansOverdue'],
    ['Sluice', 'RolledBack'],
  ])('%s %s', (Namespace, MetricName) =>
    expect(alarms.filter(([, { Properties }]) => Properties.Namespace === Namespace && Properties.MetricName === MetricName)).toHaveLength(
      1,
    ),
  );

  it('burns the error budget of predictions in two speeds, each over two windows of what predict writes for every call', () => {
    const parts = alarms.filter(([id]) => isPart(id)).map(([, { Properties }]) => Properties);
    expect(parts.map(({ Threshold, Period }) => [Math.round(Threshold * 1e6) / 1e6, Period])).toEqual([
      [0.072, 3600],
      [0.072, 300],
      [0.03, 21_600],
      [0.03, 1800],
    ]);
    const written = JSON.parse(servingMetrics('t', { model: 'm', version: 1, rows: 1, durationMs: 1, outcome: 'ok' } as ServedCall));
    const { Namespace, Dimensions } = written._aws.CloudWatchMetrics[0];
    for (const part of parts) {
      expect(part).toMatchObject({ Namespace, MetricName: 'PredictionErrors', Statistic: 'Average' });
      expect(part.Dimensions).toEqual(Dimensions[0].map((Name: string) => ({ Name, Value: written[Name] })));
    }
    expect(written.PredictionErrors).toBe(0);
    expect(composites).toHaveLength(2);
  });

  it.each(alarms.filter(([, { Properties }]) => Properties.Namespace === 'Sluice' && Properties.Dimensions[0].Value === 'count-facts'))(
    '%s looks at a metric that a fact makes',
    (_, { Properties }) => {
      const fact = Object.keys(METRIC_OF).find((type) => METRIC_OF[type] === Properties.MetricName);
      const written = JSON.parse(factMetric({ type: fact ?? '', tenant: 't', data: {} }, 0) ?? '{}');
      expect(written).toMatchObject({ service: 'count-facts', [Properties.MetricName]: 1 });
      expect(EVENT_TYPES).toContain(fact);
      expect(Properties.Dimensions).toEqual([{ Name: 'service', Value: written.service }]);
    },
  );

  it('is shown on one dashboard', () => {
    const [[, dashboard] = [], ...more] = resources(stage, 'AWS::CloudWatch::Dashboard');
    expect(more).toEqual([]);
    expect(dashboard?.Properties.DashboardName).toBe(`sluice-${stage}`);
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    for (const metric of ['PredictedRows', 'RolledBack', 'RetrainingRefused', 'DriftDetected']) expect(body).toContain(metric);
  });
});

describe('facts', () => {
  it('that the bus hands to the counter are those it counts', () =>
    expect([...COUNTED_FACTS].sort()).toEqual(Object.keys(METRIC_OF).sort()));

  it('are what alarms and dashboard look at', () => {
    const names = Object.values(METRIC_OF).flatMap((one) => (typeof one === 'string' ? [one] : Object.values(one)));
    const watched = JSON.stringify([resources('dev', 'AWS::CloudWatch::Alarm'), resources('dev', 'AWS::CloudWatch::Dashboard')]);
    for (const name of names) expect(watched).toContain(name);
  });
});
