import { describe, expect, it } from 'vitest';
import { tracesOf } from './traces-of.ts';

const one = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const other = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
const message = (traceparent?: unknown) => ({ body: JSON.stringify({ traceparent }) });

describe('the traces of a delivery', () => {
  it.each([
    { name: 'one call', delivered: [message(one), message(one)], traces: [one] },
    { name: 'several calls', delivered: [message(one), message(other), message(one)], traces: [one, other] },
    { name: 'calls without a trace', delivered: [message(), message('nonsense'), message(7)], traces: [] },
    { name: 'bodies that cannot be read', delivered: [{ body: 'nonsense' }, { body: 'null' }, message(one)], traces: [one] },
  ])('are those of $name', ({ delivered, traces }) => expect(tracesOf(delivered)).toEqual(traces));
});
