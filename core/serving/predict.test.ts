import { describe, expect, it } from 'vitest';
import type { Context } from '#core/kernel/index.ts';
import { type PredictPorts, predict } from './predict.ts';
import type { PredictionMessage } from './prediction-record.ts';
import type { RoutingEntry } from './routing.ts';
import type { Signature } from './signature.ts';

const signature: Signature = {
  version: 1,
  task: 'binary_classification',
  inputs: [{ name: 'x', type: 'number', nullable: false, onnx: 'float' }],
  outputs: { label: 'label', probabilities: 'probabilities' },
  threshold: 0.6,
};
const ctx: Context = {
  tenant: 't',
  principal: { id: 'service', kind: 'service', roles: ['operator'] },
  now: new Date('2026-04-01T12:00:00Z'),
  requestId: 'r',
  traceparent: '00-1-2-01',
};
const arm = (version: number, weight: number) => ({
  versionId: `id-${version}`,
  version,
  artifactKey: `a${version}`,
  signatureKey: 's',
  weight,
});
const entry = (...arms: RoutingEntry['arms']): RoutingEntry => ({
  tenant: 't',
  model: 'flights',
  modelId: 'm',
  revision: 1,
  ...arm(1, 1),
  unserved: 0,
  arms,
});

/** Version n scores x + n / 10. */
function world(live: RoutingEntry | undefined) {
  const sent: PredictionMessage[] = [];
  const ports: PredictPorts = {
    routing: { read: async (tenant, model) => (tenant === 't' && model === 'flights' ? live : undefined) },
    models: {
      load: async ({ version }) => ({
        signature,
        score: async ({ x }) => Float32Array.from(x as Float32Array, (value) => value + version / 10),
      }),
    },
    queue: { send: async (message) => void sent.push(message) },
  };
  return { ports, sent };
}

describe('predict', () => {
  it('answers in the order of the rows and keeps what it answered', async () => {
    const { ports, sent } = world(entry(arm(1, 1)));
    const rows = [
      { id: 'a', features: { x: 0.5 }, eventTime: '2001-04-01T10:00:00Z', unit: 'AA 11' },
      { id: 'b', features: { x: 0.25 } },
    ];
    const answer = await predict(ports, ctx, { model: 'flights', rows });
    expect(answer).toEqual({
      model: 'flights',
      version: 1,
      predictions: [
        { id: 'a', label: true, score: Math.fround(0.6), version: 1, arm: 'v1' },
        { id: 'b', label: false, score: Math.fround(0.35), version: 1, arm: 'v1' },
      ].map((each) => ({ ...each, score: expect.closeTo(each.score, 6) })),
    });
    expect(sent).toEqual([
      {
        schema: 'sluice.predictions.v1',
        tenant: 't',
        model: 'flights',
        modelId: 'm',
        version: 1,
        versionId: 'id-1',
        arm: 'v1',
        receivedAt: '2026-04-01T12:00:00.000Z',
        traceparent: '00-1-2-01',
        types: { x: 'number' },
        predictions: [
          { ...rows[0], output: { label: true, score: expect.closeTo(0.6, 6) } },
          { ...rows[1], eventTime: '2026-04-01T12:00:00.000Z', output: { label: false, score: expect.closeTo(0.35, 6) } },
        ],
      },
    ]);
  });

  it('deals the units to the arms and puts the answers back in order', async () => {
    const { ports, sent } = world(entry(arm(1, 1), arm(3, 1)));
    const rows = Array.from({ length: 100 }, (_, i) => ({ id: `row-${i}`, features: { x: i / 1000 } }));
    const { predictions } = await predict(ports, ctx, { model: 'flights', rows });
    expect(predictions.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    for (const [i, { score, version, arm }] of predictions.entries()) {
      expect(score).toBeCloseTo(i / 1000 + version / 10, 5);
      expect(arm).toBe(`v${version}`);
    }
    expect(sent.map(({ version }) => version).sort()).toEqual([1, 3]);
    const withUnit = await predict(ports, ctx, { model: 'flights', rows: rows.map((row) => ({ ...row, unit: 'one' })) });
    expect(new Set(withUnit.predictions.map(({ version }) => version)).size).toBe(1);
  });

  it('numbers problems as the caller does, whichever arm the row met', async () => {
    const { ports, sent } = world(entry(arm(1, 1), arm(3, 1)));
    const rows = Array.from({ length: 20 }, (_, i) => ({ id: `row-${i}`, features: i === 13 ? {} : { x: 0.1 } }));
    await expect(predict(ports, ctx, { model: 'flights', rows })).rejects.toMatchObject({
      name: 'features_invalid',
      failure: { issues: [{ row: 13, feature: 'x', problem: 'missing' }] },
    });
    expect(sent).toEqual([]);
  });

  it('says that nothing is live, to another tenant too', async () => {
    const { ports } = world(undefined);
    await expect(predict(ports, ctx, { model: 'flights', rows: [] })).rejects.toMatchObject({ name: 'model_not_live' });
    const live = world(entry(arm(1, 1)));
    await expect(predict(live.ports, { ...ctx, tenant: 'u' }, { model: 'flights', rows: [] })).rejects.toMatchObject({
      name: 'model_not_live',
    });
  });

  it('does not answer what it could not keep, nor call a defect a problem of the features', async () => {
    const { ports } = world(entry(arm(1, 1)));
    const rows = [{ id: 'a', features: { x: 1 } }];
    const full = { ...ports, queue: { send: () => Promise.reject(new Error('queue is gone')) } };
    await expect(predict(full, ctx, { model: 'flights', rows })).rejects.toThrow('queue is gone');
    const broken = {
      ...ports,
      models: { load: async () => ({ signature: { ...signature, inputs: [null as never] }, score: async () => new Float32Array(1) }) },
    };
    await expect(predict(broken, ctx, { model: 'flights', rows })).rejects.toThrow(TypeError);
  });
});
