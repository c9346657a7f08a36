import { describe, expect, it } from 'vitest';
import type { PredictionMessage } from '#core/serving/index.ts';
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
});
