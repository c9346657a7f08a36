import { describe, expect, it } from 'vitest';
import { parseSignature } from './signature.ts';

const input = { name: 'distance', type: 'integer', nullable: false, onnx: 'int64' };
const good = {
  version: 1,
  task: 'binary_classification',
  inputs: [input, { name: 'origin', type: 'category', nullable: true, onnx: 'string', categories: ['SFO'] }],
  outputs: { label: 'label', probabilities: 'probabilities' },
  positive: true,
  threshold: 0.5,
  opset: 21,
  producer: { name: 'somebody' },
};

describe('a signature', () => {
  it('is read, and what nobody reads is left out', () => {
    const { positive: _, opset: __, producer: ___, ...kept } = good;
    expect(parseSignature(good)).toEqual(kept);
  });

  it.each([
    { name: 'nullable integers as floats', change: { nullable: true, onnx: 'float', range: [0, 9] } },
    { name: 'nullable times, which have a value for missing', change: { type: 'datetime', nullable: true } },
  ])('takes $name', ({ change }) => {
    expect(parseSignature({ ...good, inputs: [{ ...input, ...change }] }).inputs[0]).toEqual({ ...input, ...change });
  });

  it.each([
    { name: 'no object', json: [], reason: 'signature must be an object; found []' },
    { name: 'another version', json: { ...good, version: 2 }, reason: 'version must be 1; found 2' },
    { name: 'another task', json: { ...good, task: 'regression' }, reason: 'task must be "binary_classification"' },
    { name: 'another positive class', json: { ...good, positive: 'yes' }, reason: 'positive must be true' },
    { name: 'no inputs', json: { ...good, inputs: [] }, reason: 'inputs must be a list of at least one input' },
    { name: 'a threshold above 1', json: { ...good, threshold: 1.5 }, reason: 'threshold must be a number from 0 to 1' },
    { name: 'no outputs', json: { ...good, outputs: null }, reason: 'outputs must be an object; found null' },
    { name: 'an output without a name', json: { ...good, outputs: { label: '' } }, reason: 'outputs.label must be a name' },
    {
      name: 'two names that differ in case only',
      json: { ...good, inputs: [input, { ...input, name: 'Distance' }] },
      reason: 'more than case',
    },
  ])('is refused: $name', ({ json, reason }) => {
    expect(() => parseSignature(json)).toThrow(reason.replaceAll('"', '\\"'));
  });

  it.each([
    { name: 'no name', change: { name: '' }, reason: 'inputs[0].name' },
    { name: 'a dot in the name', change: { name: 'a.b' }, reason: 'inputs[0].name' },
    { name: 'an unknown type', change: { type: 'toString' }, reason: 'inputs[0].type must be one of integer, number' },
    { name: 'nullable left open', change: { nullable: 'no' }, reason: 'inputs[0].nullable must be true or false' },
    { name: 'a nullable integer as int64', change: { nullable: true }, reason: 'must be float for the type integer, nullable' },
    { name: 'an integer as string', change: { onnx: 'string' }, reason: 'must be int64 or float for the type integer' },
    { name: 'categories of numbers', change: { categories: [1] }, reason: 'inputs[0].categories must be a list of strings' },
    { name: 'a range upside down', change: { range: [2, 1] }, reason: 'inputs[0].range must be [min, max]' },
  ])('is refused: an input with $name', ({ change, reason }) => {
    expect(() => parseSignature({ ...good, inputs: [{ ...input, ...change }] })).toThrow(reason);
  });
});
