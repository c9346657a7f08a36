import { describe, expect, it } from 'vitest';
import { planFiles } from './prediction-file.ts';
import type { Prediction, PredictionMessage } from './prediction-record.ts';

const prediction = (id: string, eventTime: string): Prediction => ({ id, eventTime, features: {}, output: { label: false, score: 0.1 } });
const message = (changes: Partial<PredictionMessage>): PredictionMessage => ({
  schema: 'sluice.predictions.v1',
  tenant: 't',
  model: 'flights',
  modelId: 'm',
  version: 1,
  versionId: 'v1',
  arm: 'v1',
  receivedAt: '2026-04-01T00:00:00.000Z',
  types: {},
  predictions: [prediction('1', '2001-04-01T10:59:59Z')],
  ...changes,
});
const digest = (text: string) => String(text.length).padStart(32, '0');
const folders = (messages: readonly PredictionMessage[]) =>
  planFiles(messages, digest).map(({ key, rows, messages: from }) => ({
    folder: key.slice(0, key.lastIndexOf('/')),
    ids: rows.map(({ id }) => id),
    from,
  }));

describe('planFiles', () => {
  it('puts the rows of one tenant, model, version and event hour together, by id, each once', () => {
    const later = message({ predictions: [prediction('3', '2001-04-01T10:00:00Z'), prediction('1', '2001-04-01T10:30:00Z')] });
    expect(folders([message({}), later])).toEqual([
      { folder: 'tenants/t/predictions/flights/2001/04/01/10', ids: ['1', '3'], from: [0, 1] },
    ]);
  });

  it.each([
    { name: 'tenant', changes: { tenant: 'u' }, folder: 'tenants/u/predictions/flights/2001/04/01/10' },
    { name: 'model', changes: { model: 'delays' }, folder: 'tenants/t/predictions/delays/2001/04/01/10' },
    { name: 'version', changes: { version: 2, versionId: 'v2' }, folder: 'tenants/t/predictions/flights/2001/04/01/10' },
    {
      name: 'hour, in UTC',
      changes: { predictions: [prediction('2', '2001-04-01T13:05:00+02:00')] },
      folder: 'tenants/t/predictions/flights/2001/04/01/11',
    },
  ])('keeps another $name apart', ({ changes, folder }) => {
    expect(folders([message({}), message(changes)])[1]).toMatchObject({ folder, from: [1] });
  });

  it('names the same rows the same, and other rows otherwise', () => {
    const hash = (text: string) => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1e9, 7).toString(16);
    const [one] = planFiles([message({})], hash);
    expect(planFiles([message({}), message({})], hash)[0]?.key).toBe(one?.key);
    expect(planFiles([message({ receivedAt: '2026-04-01T00:00:01.000Z' })], hash)[0]?.key).not.toBe(one?.key);
  });
});
