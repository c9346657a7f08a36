import { describe, expect, it } from 'vitest';
import { finalMetrics, metricReader } from './metrics.ts';

const AUC = { Name: 'validation:auc', Regex: 'validation:auc=([0-9.eE+-]+)' };
const LOSS = { Name: 'loss', Regex: 'loss: (.*?);' };

describe('metricReader', () => {
  it.each([
    { line: 'validation:auc=0.75', values: [0.75] },
    { line: '2026 INFO validation:auc=7.5e-1 loss: 2;', values: [0.75, 2] },
    { line: 'loss: 1; loss: 0.5;', values: [1, 0.5] },
    { line: 'loss: NaN;', values: [] },
    { line: 'validation:auc=.', values: [] },
    { line: 'nothing', values: [] },
    { line: `${' '.repeat(20_000)}validation:auc=1`, values: [] },
  ])('reads $values', ({ line, values }) => {
    expect(metricReader([AUC, LOSS])(line, 1).map(({ Value }) => Value)).toEqual(values);
  });

  it('passes over a definition without a group', () => {
    expect(metricReader([{ Name: 'seen', Regex: 'epoch' }])('epoch 1', 1)).toEqual([]);
  });
});

describe('finalMetrics', () => {
  it('keeps the last of each, in the order of the definitions', () => {
    const point = (MetricName: string, Value: number) => ({ MetricName, Value, Timestamp: Value });
    const points = [point('loss', 2), point('validation:auc', 0.5), point('loss', 1)];
    expect(finalMetrics([AUC, LOSS], points)).toEqual([point('validation:auc', 0.5), point('loss', 1)]);
  });
});
