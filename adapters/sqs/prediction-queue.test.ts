import { describe, expect, it } from 'vitest';
import { callOf, type PredictionMessage } from '#core/serving/index.ts';
import { splitMessage } from './prediction-queue.ts';

const message = (rows: number, text: string): PredictionMessage => ({
  schema: 'sluice.predictions.v1',
  tenant: 't',
  model: 'flights',
  modelId: 'm',
  version: 1,
  versionId: 'v',
  arm: 'v1',
  receivedAt: '2026-04-01T12:00:00.000Z',
  types: { note: 'category' },
  predictions: Array.from({ length: rows }, (_, i) => ({
    id: `row-${i}`,
    eventTime: '2001-04-01T10:00:00Z',
    features: { note: text },
    output: { label: true, score: 0.75 },
  })),
});

describe('splitMessage', () => {
  it('deals the predictions out in order, counting bytes and not characters', () => {
    const whole = message(256, 'é'.repeat(1000));
    const parts = splitMessage(whole, 256 * 1024);
    expect(parts.length).toBeGreaterThan(1);
    expect(Math.max(...parts.map((part) => Buffer.byteLength(part)))).toBeLessThanOrEqual(256 * 1024);
    const read = parts.map((part) => JSON.parse(part) as PredictionMessage);
    expect(read.flatMap(({ predictions }) => predictions)).toEqual(whole.predictions);
    expect(read.every(({ tenant, types }) => tenant === 't' && types['note'] === 'category')).toBe(true);
  });

  it('tells once how the call went, with the score of every row', () => {
    const call = { id: 'c', rows: 256, durationMs: 5, outcome: 'ok' } as const;
    const split = splitMessage({ ...message(256, 'x'.repeat(2000)), call }, 256 * 1024).map(
      (part) => JSON.parse(part) as PredictionMessage,
    );
    expect(split.map((part) => callOf(part)?.id)).toEqual(['c', ...split.slice(1).map(() => undefined)]);
    const [first] = split;
    expect(first && callOf(first)).toMatchObject({ rows: 256, scores: new Float32Array(256).fill(0.75) });
    expect(first?.predictions.length).toBeLessThan(256);
    const [whole] = splitMessage({ ...message(2, 'x'), call }, 256 * 1024).map((part) => JSON.parse(part) as PredictionMessage);
    expect(whole?.call).toEqual(call);
    expect(whole && callOf(whole)?.scores).toEqual(Float32Array.of(0.75, 0.75));
  });
});
