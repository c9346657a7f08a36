import { describe, expect, it } from 'vitest';
import type { Context } from '#core/kernel/index.ts';
import { type PredictPorts, predict, type ServedCall } from './predict.ts';
import type { PredictionMessage } from './prediction-record.ts';
import type { RoutingEntry } from './routing.ts';
import type { Signature } from './signature.ts';

const input = { name: 'x', type: 'number', nullable: false, onnx: 'float' } as const;
const signature: Signature = {
  version: 1,
  task: 'binary_classification',
  inputs: [input],
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

interface WorldProps {
  /** What a version does instead of scoring x + version / 10. */
  readonly instead?: Readonly<Record<number, 'fails' | 'is not there' | 'wants y' | 'never ends' | 'is slow'>>;
}

/** Version n scores x + n / 10 in one millisecond. */
function world(live: RoutingEntry | undefined, { instead = {} }: WorldProps = {}) {
  const sent: PredictionMessage[] = [];
  const observed: ServedCall[] = [];
  let clock = 0;
  const ports: PredictPorts = {
    routing: { read: async (tenant, model) => (tenant === 't' && model === 'flights' ? live : undefined) },
    models: {
      load: async ({ version }) => {
        const wrong = instead[version];
        clock += 50;
        if (wrong === 'is not there') throw new Error('no such file');
        if (wrong === 'never ends') return new Promise<never>(() => undefined);
        return {
          signature: wrong === 'wants y' ? { ...signature, inputs: [{ ...input, name: 'y' }] } : signature,
          score: async ({ x }) => {
            clock += wrong === 'is slow' ? 10_000 : 1;
            if (wrong === 'fails') throw new Error('the graph is broken');
            return Float32Array.from(x as Float32Array, (value) => value + version / 10);
          },
        };
      },
    },
    queue: { send: async (message) => void sent.push(message) },
    time: {
      now: () => clock,
      within: (ms, work) => {
        const over = new Promise<never>((_, reject) => void setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), 5));
        return Promise.race([work, over]);
      },
    },
    observe: (served) => void observed.push(served),
  };
  return { ports, sent, observed };
}

describe('predict', () => {
  it('answers in the order of the rows and keeps what it answered', async () => {
    const { ports, sent, observed } = world(entry(arm(1, 1)));
    const rows = [
      { id: 'a', features: { x: 0.5 }, eventTime: '2001-04-01T10:00:00Z', unit: 'AA 11' },
      { id: 'b', features: { x: 0.25 } },
    ];
    const answer = await predict(ports, ctx, { model: 'flights', rows });
    expect(answer).toEqual({
      model: 'flights',
      version: 1,
      predictions: [
        { row: 0, id: 'a', label: true, score: Math.fround(0.6), version: 1, arm: 'v1' },
        { row: 1, id: 'b', label: false, score: Math.fround(0.35), version: 1, arm: 'v1' },
      ].map((each) => ({ ...each, score: expect.closeTo(each.score, 6) })),
      unserved: [],
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
        call: { id: 'r.v1', rows: 2, durationMs: 1, outcome: 'ok' },
        types: { x: 'number' },
        predictions: [
          { ...rows[0], output: { label: true, score: expect.closeTo(0.6, 6) } },
          { ...rows[1], eventTime: '2026-04-01T12:00:00.000Z', output: { label: false, score: expect.closeTo(0.35, 6) } },
        ],
      },
    ]);
    expect(observed).toEqual([{ model: 'flights', version: 1, rows: 2, durationMs: 1, outcome: 'ok' }]);
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

  const hundred = Array.from({ length: 100 }, (_, i) => ({ id: `row-${i}`, features: { x: i / 1000 } }));

  it('leaves out the rows that nobody serves yet and says which', async () => {
    const { ports, sent } = world({ ...entry(arm(1, 0.5)), unserved: 0.5 });
    const { predictions, unserved } = await predict(ports, ctx, { model: 'flights', rows: hundred });
    expect([...predictions.map(({ row }) => row), ...unserved].sort((a, b) => a - b)).toEqual(hundred.map((_, i) => i));
    expect(Math.abs(unserved.length - 50)).toBeLessThan(25);
    for (const { row, id, score } of predictions) expect([id, score]).toEqual([`row-${row}`, expect.closeTo(row / 1000 + 0.1, 5)]);
    expect(sent.flatMap((message) => message.predictions.map(({ id }) => id))).toEqual(predictions.map(({ id }) => id));
    const [first = 0] = unserved;
    const alone = predict(ports, ctx, { model: 'flights', rows: hundred.slice(first, first + 1) });
    await expect(alone).rejects.toMatchObject({ failure: { code: 'model_not_live', model: 'flights', share: 0.5 } });
    const rolledBack = world(entry());
    await expect(predict(rolledBack.ports, ctx, { model: 'flights', rows: hundred })).rejects.toMatchObject({ name: 'model_not_live' });
  });

  it.each([
    { wrong: 'fails', error: 'the graph is broken' },
    { wrong: 'is not there', error: 'no such file' },
    { wrong: 'wants y', error: expect.stringContaining('features invalid') },
    { wrong: 'never ends', error: 'no answer within 3000 ms' },
    { wrong: 'is slow', error: 'it took more than its 3000 ms' },
  ] as const)('has the version before answer where the one being rolled out $wrong, and notes it', async ({ wrong, error }) => {
    for (const weights of [
      [1, 1],
      [0, 1],
    ] as const) {
      const { ports, sent, observed } = world(entry(arm(1, weights[0]), arm(3, weights[1])), { instead: { 3: wrong } });
      const { predictions, unserved } = await predict(ports, ctx, { model: 'flights', rows: hundred });
      expect(predictions.map(({ row, version, score }) => [row, version, score.toFixed(3)])).toEqual(
        hundred.map(({ features: { x } }, row) => [row, 1, (x + 0.1).toFixed(3)]),
      );
      expect(unserved).toEqual([]);
      const [failed, served] = sent;
      expect(failed).toMatchObject({ version: 3, arm: 'v3', predictions: [], call: { id: 'r.v3', outcome: 'error', error } });
      expect(served).toMatchObject({ version: 1, call: { id: 'r.v1', rows: 100, outcome: 'ok', durationMs: 1 } });
      expect(sent).toHaveLength(2);
      expect(observed.map(({ version, outcome }) => [version, outcome])).toEqual([
        [3, 'error'],
        [1, 'ok'],
      ]);
    }
  });

  it('notes the failure of a version that has no other behind it, and the caller gets the error', async () => {
    const { ports, sent, observed } = world(entry(arm(1, 1)), { instead: { 1: 'fails' } });
    await expect(predict(ports, ctx, { model: 'flights', rows: hundred })).rejects.toThrow('the graph is broken');
    expect(sent).toMatchObject([{ version: 1, predictions: [], call: { rows: 100, outcome: 'error', error: 'the graph is broken' } }]);
    expect(observed).toMatchObject([{ version: 1, outcome: 'error' }]);
    const deaf = { ...ports, queue: { send: () => Promise.reject(new Error('queue is gone')) } };
    await expect(predict(deaf, ctx, { model: 'flights', rows: hundred })).rejects.toThrow('the graph is broken');
    const both = world(entry(arm(1, 1), arm(3, 1)), { instead: { 1: 'fails' } });
    await expect(predict(both.ports, ctx, { model: 'flights', rows: hundred })).rejects.toThrow('the graph is broken');
    expect(both.sent).toMatchObject([{ version: 1, predictions: [], call: { outcome: 'error' } }]);
  });

  it('does not call it a failure of any version when both refuse the features', async () => {
    const { ports, sent, observed } = world(entry(arm(1, 1), arm(3, 1)));
    const rows = hundred.map(({ id }) => ({ id, features: {} }));
    const refused = predict(ports, ctx, { model: 'flights', rows });
    await expect(refused).rejects.toMatchObject({
      failure: { code: 'features_invalid', issues: expect.objectContaining({ length: 100 }) },
    });
    expect([sent, observed]).toEqual([[], []]);
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
