import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochSeconds } from './instant.ts';

describe('epochSeconds', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2001-01-13 14:56', 979397760],
    ['2001-01-13 14:56:30', 979397790],
    ['2001-01-13T14:56:30.999Z', 979397790],
    ['2001-01-13T15:56:30+01:00', 979397790],
    ['2001-01-13t14:26:30-00:30', 979397790],
    ['1969-12-31T23:59:59.5Z', -1],
    ['2000-02-29 00:00', 951782400],
    ['0001-01-01 00:00', -62135596800],
  ])('%s → %d', (text, seconds) => expect(epochSeconds(text)).toBe(seconds));

  it.each([
    '',
    '2001-01-13',
    '2001-02-29 00:00',
    '2001-13-01 00:00',
    '2001-00-10 00:00',
    '2001-01-13 24:00',
    '2001-01-13 14:60',
    '2001-01-13 14:56:61',
    '2001-01-13T14:56:30+25:00',
    '13.1.2001 14:56',
    '2001-01-13T14:56:30Z ',
    'now',
  ])('does not take %j', (text) => expect(epochSeconds(text)).toBeUndefined());

  it('gives back every time that JavaScript writes', () =>
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => {
          expect(epochSeconds(date.toISOString())).toBe(Math.floor(date.getTime() / 1000));
        },
      ),
    ));
});
