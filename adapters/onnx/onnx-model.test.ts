import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { packRows, parseSignature, type Signature } from '#core/serving/index.ts';
import { loadOnnxModel } from './onnx-model.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));
const raw = JSON.parse(await readFile(fixture('delays.signature.json'), 'utf8'));
const signature = parseSignature(raw);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const row = { distance: 1000, delay: 4, origin: 'SFO', weekend: true, date: '2001-01-01T00:00:00Z' };

describe('an ONNX model', () => {
  let model: Awaited<ReturnType<typeof loadOnnxModel>>;
  beforeAll(async () => {
    model = await loadOnnxModel(fixture('delays.onnx'), signature);
  });

  it.each([
    { name: 'every feature', features: row, raw: 1 + 0.2 + 1 + 0.5 - 1 },
    { name: 'a missing number', features: { ...row, delay: null }, raw: 1 + 0.5 + 1 + 0.5 - 1 },
    { name: 'a missing category', features: { ...row, origin: null }, raw: 1 + 0.2 + 0.5 - 1 },
    { name: 'an unknown category', features: { ...row, origin: 'XXX' }, raw: 1 + 0.2 + 0.5 - 1 },
    { name: 'a negative raw score', features: { ...row, distance: -2000, weekend: false }, raw: -2 + 0.2 + 1 - 1 },
  ])('scores $name', async ({ features, raw }) => {
    const { probabilities, label } = await model.predict(packRows(signature, [features]), 1);
    expect(probabilities[0]).toBeCloseTo(sigmoid(raw), 5);
    expect(label[0]).toBe(raw >= 0 ? 1 : 0);
  });

  it('takes plain columns with null for missing, and gives the same', async () => {
    const rows = [row, { ...row, delay: null, origin: null, date: null }];
    const packed = await model.predict(packRows(signature, rows), 2);
    const plain = await model.predict(
      { distance: [1000n, 1000], delay: [4, null], origin: ['SFO', null], weekend: [true, true], date: [new Date(row.date), null] },
      2,
    );
    expect(plain.probabilities).toEqual(packed.probabilities);
  });

  it('scores 50,000 rows in one call as it scores each', async () => {
    const rows = 50_000;
    const columns = {
      distance: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 3000)),
      delay: Float32Array.from({ length: rows }, (_, i) => (i % 7 === 0 ? Number.NaN : i % 60)),
      origin: Array.from({ length: rows }, (_, i) => (i % 2 ? 'SFO' : 'LAX')),
      weekend: Uint8Array.from({ length: rows }, (_, i) => i % 2),
      date: new BigInt64Array(rows),
    };
    const { probabilities } = await model.predict(columns, rows);
    expect(probabilities).toHaveLength(rows);
    expect(probabilities[1]).toBeCloseTo(sigmoid(0.001 + 0.05 + 1 + 0.5 - 1), 5);
    expect(probabilities[49_000]).toBeCloseTo(sigmoid(1 + 0.5 - 1), 5);
  });

  it('refuses a column of another length', async () => {
    await expect(model.predict({ ...packRows(signature, [row]), origin: [] }, 1)).rejects.toThrow('"origin" has 0 values for 1 rows');
  });

  it('gives its memory back only when the last prediction is done', async () => {
    const other = await loadOnnxModel(fixture('delays.onnx'), signature);
    const running = other.predict(packRows(signature, [row]), 1);
    await other.close();
    expect((await running).probabilities).toHaveLength(1);
    await expect(other.predict(packRows(signature, [row]), 1)).rejects.toThrow('closed');
  });
});

describe('what is not a self-contained ONNX model', () => {
  const pickle = Buffer.from('80049527000000000000008c0a5f5f6d61696e5f5f', 'hex');
  it.each([
    { name: 'a pickle', bytes: async () => pickle, reason: 'Python pickle' },
    { name: 'nothing', bytes: async () => Buffer.alloc(0), reason: 'not an ONNX file' },
    { name: 'half a model', bytes: async () => (await readFile(fixture('delays.onnx'))).subarray(0, 400), reason: 'not an ONNX file' },
    { name: 'numbers in another file', bytes: () => readFile(fixture('external-data.onnx')), reason: 'another file' },
    { name: 'the same in a branch', bytes: () => readFile(fixture('hidden-external-data.onnx')), reason: 'another file' },
    { name: 'operators of a library', bytes: () => readFile(fixture('custom-operator.onnx')), reason: 'com.example.native' },
  ])('is refused: $name', async ({ bytes, reason }) => {
    await expect(loadOnnxModel(await bytes(), signature)).rejects.toMatchObject({
      name: 'model_not_onnx',
      failure: { reason: expect.stringContaining(reason) },
    });
  });
});

describe('a signature that is not the graph’s', () => {
  const [distance, ...rest] = signature.inputs;
  const first = distance as Signature['inputs'][number];
  it.each([
    { name: 'one input too few', inputs: rest, reason: 'the graph needs the input "distance"' },
    { name: 'one too many', inputs: [...signature.inputs, { ...first, name: 'speed' }], reason: 'names the input "speed"' },
    { name: 'another type', inputs: [{ ...first, onnx: 'float' as const }, ...rest], reason: 'takes "distance" as int64' },
  ])('is refused: $name', async ({ inputs, reason }) => {
    await expect(loadOnnxModel(fixture('delays.onnx'), { ...signature, inputs })).rejects.toMatchObject({
      name: 'signature_invalid',
      failure: { reason: expect.stringContaining(reason) },
    });
  });

  it('is refused: an output that is not there', async () => {
    const other = { ...signature, outputs: { ...signature.outputs, probabilities: 'scores' } };
    await expect(loadOnnxModel(fixture('delays.onnx'), other)).rejects.toMatchObject({ name: 'signature_invalid' });
  });
});
