import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../test/support/parse-exposition.ts';
import { exposition, type Family } from './exposition.ts';

const gauge = (samples: Family['samples'], name = 'a'): Family => ({ name, help: 'About a.', type: 'gauge', samples });

describe('the text format', () => {
  it('has help, type and samples of each family', () =>
    expect(
      exposition([
        gauge([
          { labels: {}, value: 1 },
          { labels: { x: 'y' }, value: 0.5 },
        ]),
        { ...gauge([{ labels: { x: 'y' }, value: 3 }], 'b'), type: 'counter' },
      ]),
    ).toBe('# HELP a About a.\n# TYPE a gauge\na 1\na{x="y"} 0.5\n# HELP b About a.\n# TYPE b counter\nb{x="y"} 3\n'));

  it('leaves out what has no sample', () => expect(exposition([gauge([])])).toBe(''));

  it.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [1e-7, '1e-7'],
    [1e21, '1e+21'],
  ])('writes %d as %s', (value, text) => expect(exposition([gauge([{ labels: {}, value }])])).toContain(`\na ${text}\n`));

  it('escapes what would break a line', () => {
    const text = exposition([{ ...gauge([{ labels: { x: 'a"b\\c\nd' }, value: 1 }]), help: 'one\\two\nthree' }]);
    expect(text).toContain('# HELP a one\\\\two\\nthree\n');
    expect(text).toContain('a{x="a\\"b\\\\c\\nd"} 1\n');
  });

  it('comes back as it was from a strict reader, whatever the labels hold', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/), fc.string({ unit: 'binary' })),
        fc.double(),
        (labels, value) => {
          const [sample] = parseExposition(exposition([gauge([{ labels, value }])])).get('a')?.samples ?? [];
          expect(sample?.labels).toEqual(labels);
          expect(sample?.value === value || Number.isNaN(value)).toBe(true);
        },
      ),
    ));

  it.each<[string, readonly Family[]]>([
    ['a name with a dash', [gauge([], 'a-b')]],
    ['two families of one name', [gauge([]), gauge([])]],
    [
      'two samples of one series',
      [
        gauge([
          { labels: { x: '1' }, value: 1 },
          { labels: { x: '1' }, value: 2 },
        ]),
      ],
    ],
    ['a label with a dot', [gauge([{ labels: { 'x.y': '1' }, value: 1 }])]],
    ['a label that Prometheus keeps for itself', [gauge([{ labels: { __name__: '1' }, value: 1 }])]],
  ])('refuses %s', (_, families) => expect(() => exposition(families)).toThrow(RangeError));
});
