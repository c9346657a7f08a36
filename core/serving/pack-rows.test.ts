import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, type FeatureIssue } from '#core/kernel/index.ts';
import { type Column, type Features, MISSING_INT64, packRows } from './pack-rows.ts';
import type { Signature } from './signature.ts';

const signature: Signature = {
  version: 1,
  task: 'binary_classification',
  inputs: [
    { name: 'distance', type: 'integer', nullable: false, onnx: 'int64' },
    { name: 'seats', type: 'integer', nullable: true, onnx: 'float' },
    { name: 'delay', type: 'number', nullable: true, onnx: 'float' },
    { name: 'origin', type: 'category', nullable: true, onnx: 'string' },
    { name: 'weekend', type: 'boolean', nullable: false, onnx: 'bool' },
    { name: 'date', type: 'datetime', nullable: true, onnx: 'int64' },
  ],
  outputs: { label: 'label', probabilities: 'probabilities' },
  threshold: 0.5,
};
const row: Features = { distance: 100, seats: 180, delay: 1.5, origin: 'SFO', weekend: true, date: '1970-01-01 00:01' };

interface Refusal {
  readonly name: string;
  readonly change: Features;
  readonly feature: string;
  readonly problem: FeatureIssue['problem'];
  readonly says: string;
}

function issuesOf(rows: readonly Features[]): readonly FeatureIssue[] {
  try {
    packRows(signature, rows);
  } catch (error) {
    if (error instanceof DomainError && error.failure.code === 'features_invalid') return error.failure.issues;
    throw error;
  }
  return [];
}

describe('packRows', () => {
  it('gives one typed column per input', () => {
    expect(packRows(signature, [row, { ...row, distance: -3, weekend: false }])).toEqual({
      distance: new BigInt64Array([100n, -3n]),
      seats: new Float32Array([180, 180]),
      delay: new Float32Array([1.5, 1.5]),
      origin: ['SFO', 'SFO'],
      weekend: new Uint8Array([1, 0]),
      date: new BigInt64Array([60n, 60n]),
    });
  });

  it('says missing as the graph expects it, for null and for left out', () => {
    const expected = {
      seats: new Float32Array([Number.NaN]),
      delay: new Float32Array([Number.NaN]),
      origin: [''],
      date: new BigInt64Array([MISSING_INT64]),
    };
    expect(packRows(signature, [{ distance: 1, weekend: false }])).toMatchObject(expected);
    expect(packRows(signature, [{ distance: 1, weekend: false, seats: null, delay: null, origin: null, date: null }])).toMatchObject(
      expected,
    );
  });

  it.each([
    {
      name: 'null where a value is needed',
      change: { distance: null },
      feature: 'distance',
      problem: 'missing',
      says: '"distance" (integer) is needed',
    },
    { name: 'a text for a number', change: { delay: '3' }, feature: 'delay', problem: 'wrong_type', says: 'must be a number; got "3"' },
    {
      name: 'a fraction for an integer',
      change: { distance: 1.5 },
      feature: 'distance',
      problem: 'wrong_type',
      says: 'must be an integer; got 1.5',
    },
    { name: 'an integer beyond 2^53', change: { distance: 2 ** 60 }, feature: 'distance', problem: 'out_of_range', says: '2^53' },
    { name: 'a number beyond 32-bit floats', change: { delay: 1e39 }, feature: 'delay', problem: 'out_of_range', says: '32-bit' },
    { name: 'NaN', change: { delay: Number.NaN }, feature: 'delay', problem: 'out_of_range', says: '32-bit' },
    { name: 'a number for a category', change: { origin: 7 }, feature: 'origin', problem: 'wrong_type', says: 'must be a string' },
    { name: 'a book for a category', change: { origin: 'x'.repeat(1025) }, feature: 'origin', problem: 'out_of_range', says: '1024' },
    { name: '1 for true', change: { weekend: 1 }, feature: 'weekend', problem: 'wrong_type', says: 'true or false' },
    { name: 'a day that is not', change: { date: '2001-02-30 10:00' }, feature: 'date', problem: 'wrong_type', says: 'a time like' },
    { name: 'seconds for a time', change: { date: 60 }, feature: 'date', problem: 'wrong_type', says: 'a time like' },
    {
      name: 'a name with a typing mistake',
      change: { orgin: 'SFO' },
      feature: 'orgin',
      problem: 'unknown',
      says: 'did you mean "origin"?',
    },
    {
      name: 'a name from elsewhere',
      change: { temperature: 3 },
      feature: 'temperature',
      problem: 'unknown',
      says: 'it takes distance, seats',
    },
    { name: 'a name that objects have', change: { constructor: 3 }, feature: 'constructor', problem: 'unknown', says: 'no feature' },
  ] as readonly Refusal[])('refuses $name', ({ change, feature, problem, says }) => {
    expect(issuesOf([row, { ...row, ...change }])).toEqual([{ row: 1, feature, problem, message: expect.stringContaining(says) }]);
  });

  it('tells all problems of all rows, in the order of the rows', () => {
    const issues = issuesOf([{ ...row, extra: 1 }, row, { origin: 5 } as Features]);
    expect(issues.map((issue) => `${issue.row} ${issue.feature} ${issue.problem}`)).toEqual([
      '0 extra unknown',
      '2 distance missing',
      '2 origin wrong_type',
      '2 weekend missing',
    ]);
  });

  it('stops telling after a thousand', () => {
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`unheard-of-${i}`, i]));
    expect(issuesOf([{ ...row, ...many }])).toHaveLength(1000);
  });

  it('loses nothing of what a row says', () => {
    const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
    const anyRow = fc.record({
      distance: fc.maxSafeInteger(),
      seats: nullable(fc.integer({ min: -(2 ** 24), max: 2 ** 24 })),
      delay: nullable(fc.float({ noNaN: true, noDefaultInfinity: true })),
      origin: nullable(fc.string({ minLength: 1 })),
      weekend: fc.boolean(),
      date: nullable(
        fc
          .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
          .map((date) => `${date.toISOString().slice(0, 19)}Z`),
      ),
    });
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 20 }), (rows) => {
        const columns = packRows(signature, rows);
        expect(rows.map((_, index) => unpack(columns, index))).toEqual(
          rows.map((each) => ({ ...each, delay: each.delay === null ? null : each.delay + 0 })),
        );
      }),
    );
  });
});

function unpack(columns: Readonly<Record<string, Column>>, row: number) {
  const at = (name: string) => columns[name]?.[row];
  const number = (value: unknown) => (Number.isNaN(value) ? null : Number(value) + 0);
  return {
    distance: Number(at('distance')),
    seats: number(at('seats')),
    delay: number(at('delay')),
    origin: at('origin') === '' ? null : at('origin'),
    weekend: at('weekend') === 1,
    date: at('date') === MISSING_INT64 ? null : new Date(Number(at('date')) * 1000).toISOString().replace('.000', ''),
  };
}
