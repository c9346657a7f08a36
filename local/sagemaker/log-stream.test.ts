import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inBatches } from './log-stream.ts';

const line = fc.record({ text: fc.string({ maxLength: 2_000 }), at: fc.nat() });

it('keeps every line that says something, in order, in batches that CloudWatch takes', () =>
  fc.assert(
    fc.property(fc.array(line, { maxLength: 50 }), fc.integer({ min: 1, max: 400 }), (lines, times) => {
      const many = Array.from({ length: times }, () => lines).flat();
      const batches = inBatches(many);
      expect(batches.flat()).toEqual(many.filter(({ text }) => text !== ''));
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(10_000);
        expect(batch.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 26, 0)).toBeLessThanOrEqual(1_048_576);
      }
    }),
    { numRuns: 20 },
  ));

it('shortens a line that is longer than a message may be', () => {
  expect(inBatches([{ text: 'ü'.repeat(300_000), at: 1 }])[0]?.[0]?.text.length).toBeLessThan(131_072);
});
