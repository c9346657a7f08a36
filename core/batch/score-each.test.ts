import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeatureValue, Signature } from '#core/serving/index.ts';
import { csvValue } from './csv-value.ts';
import { inputIssues } from './input-issues.ts';
import { checkRowCount, MOST_BATCH_ROWS, PART_ROWS, partRange, partsOf } from './parts.ts';
import { scoreEach } from './score-each.ts';

const signature: Signature = {
  version: 1,
  task: 'binary_classification',
  inputs: [
    { name: 'distance', type: 'integer', nullable: false, onnx: 'float' },
    { name: 'delay', type: 'number', nullable: true, onnx: 'float' },
    { name: 'weekend', type: 'boolean', nullable: false, onnx: 'bool' },
  ],
  outputs: { label: 'label', probabilities: 'probabilities' },
  threshold: 0.5,
};

/** A model that answers with no number for what it should never be shown. */
const score = async (columns: Readonly<Record<string, ArrayLike<unknown>>>, rows: number) =>
  Float32Array.from({ length: rows }, (_, row) => Math.abs(Number(columns['distance']?.[row]) % 100) / 100);

describe('every row', () => {
  it('has one answer in its place, and each bad one at least one reason', async () => {
    const isGood = fc.boolean();
    const row = isGood.chain((good) =>
      fc.record({
        good: fc.constant(good),
        features: good
          ? fc.record({ distance: fc.integer({ min: 0, max: 9999 }), delay: fc.constantFrom(null, 1.5), weekend: fc.boolean() })
          : fc.constantFrom<Readonly<Record<string, FeatureValue>>>(
              { distance: 1, delay: 2 },
              { distance: null, delay: null, weekend: true },
              { distance: 1.5, delay: 'late', weekend: 1 },
              { distance: 2 ** 60, weekend: false },
            ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
        const { scores, labels, bad, issues } = await scoreEach(
          signature,
          rows.map(({ features }) => features),
          score,
        );
        expect([scores.length, labels.length, bad.length]).toEqual([rows.length, rows.length, rows.length]);
        const withReason = new Set(issues.map((issue) => issue.row));
        for (const [at, { good, features }] of rows.entries()) {
          expect(bad[at]).toBe(good ? 0 : 1);
          expect(withReason.has(at)).toBe(!good);
          if (good) expect(scores[at]).toBeCloseTo((Number(features['distance']) % 100) / 100, 5);
          else expect(scores[at]).toBeNaN();
          expect(labels[at]).toBe(good && (scores[at] as number) >= 0.5 ? 1 : 0);
        }
        expect(issues.map((issue) => issue.row)).toEqual(issues.map((issue) => issue.row).toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('the text of a CSV', () => {
  it.each([
    ['number', '1.5', 1.5],
    ['number', '-.5e3', -500],
    ['number', '', null],
    ['number', '1,5', '1,5'],
    ['number', '0x10', '0x10'],
    ['number', 'NaN', 'NaN'],
    ['number', ' 1', ' 1'],
    ['integer', '12', 12],
    ['integer', '12.0', 12],
    ['integer', 'twelve', 'twelve'],
    ['boolean', 'True', true],
    ['boolean', 'false', false],
    ['boolean', '1', '1'],
    ['category', 'SFO', 'SFO'],
    ['category', '', null],
    ['datetime', '2001-01-13 14:56', '2001-01-13 14:56'],
  ] as const)('for a %s: %s', (type, text, value) => expect(csvValue(type, text)).toBe(value));
});

describe('columns', () => {
  it.each([
    { name: 'more than the model takes', columns: ['distance', 'delay', 'weekend', 'extra'], issues: [] },
    { name: 'one too few', columns: ['distance', 'weekend'], issues: [{ column: 'delay', rule: 'missing_column', limit: 'number' }] },
    { name: 'one in other letters', columns: ['Distance', 'delay', 'weekend'], issues: [{ column: 'distance', rule: 'missing_column' }] },
  ])('of a CSV: $name', ({ columns, issues }) =>
    expect(
      inputIssues(
        signature.inputs,
        columns.map((name) => ({ name, type: 'text' })),
      ),
    ).toMatchObject(issues),
  );

  it('of another type are told, but a whole number may be written as a fraction', () => {
    const given = [
      { name: 'distance', type: 'DOUBLE', fits: ['number'] },
      { name: 'delay', type: 'VARCHAR', fits: ['category'] },
      { name: 'weekend', type: 'BOOLEAN', fits: ['boolean'] },
    ] as const;
    expect(inputIssues(signature.inputs, given)).toEqual([{ column: 'delay', rule: 'wrong_type', observed: 'VARCHAR', limit: 'number' }]);
  });
});

describe('parts', () => {
  it('hold every row once', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MOST_BATCH_ROWS }), (rows) => {
        let next = 0;
        for (let part = 0; part < partsOf(rows); part++) {
          const { from, to } = partRange(part, rows);
          expect(from).toBe(next);
          expect(to - from).toBeGreaterThan(0);
          expect(to - from).toBeLessThanOrEqual(PART_ROWS);
          next = to;
        }
        expect(next).toBe(rows);
      }),
    ));

  it.each([
    [0, 'batch_unreadable'],
    [MOST_BATCH_ROWS + 1, 'batch_too_large'],
  ])('are not made of %i rows', (rows, code) => expect(() => checkRowCount(rows)).toThrow(expect.objectContaining({ name: code })));
});
