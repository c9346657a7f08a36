import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('the nearest name', () => {
  it.each([
    ['trainnig', ['training', 'gates'], 'training'],
    ['sorce', ['source', 'seed'], 'source'],
    ['dtaaset', ['dataset', 'schema'], 'dataset'],
    ['drop', ['keep', 'derive'], undefined],
    ['', ['keep'], undefined],
  ])('to %s of %j is %s', (written, known, meant) => expect(nearest(written, known)).toBe(meant));
});
