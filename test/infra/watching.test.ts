import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRIC_OF } from '#functions/count-facts/fact-metric.ts';
import { COUNTED_FACTS } from '../../infra/constructs/fact-counter.ts';
import { ROOT, resources, STAGES } from './synth.ts';

describe.each(STAGES)('what is watched in %s', (stage) => {
  const alarms = resources(stage, 'AWS::CloudWatch::Alarm');

  it('rings the topic and names a runbook that is there', () => {
    expect(alarms.length).toBeGreaterThan(20);
    for (const [id, { Properties }] of alarms) {
      expect(Properties.AlarmActions, id).toHaveLength(1);
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
    ['Sluice', 'PredictionErrors'],
    ['Sluice', 'FailedScans'],
    ['Sluice', 'RolledBack'],
  ])('%s %s', (Namespace, MetricName) =>
    expect(alarms.filter(([, { Properties }]) => Properties.Namespace === Namespace && Properties.MetricName === MetricName)).toHaveLength(
      1,
    ),
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
