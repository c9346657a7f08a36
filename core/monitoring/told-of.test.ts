import { expect, it } from 'vitest';
import { toldOf } from './told-of.ts';

const alertsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    subject: 'columns' as const,
    what: `column ${at}`,
    sentence: `"column ${at}" moved by 0.42 σ`.padEnd(500, '.'),
  }));

it('tells every column of a few', () => {
  const alerts = alertsOf(3);
  expect(toldOf(alerts)).toEqual({
    what: ['column 0', 'column 1', 'column 2'],
    sentences: alerts.map(({ sentence }) => sentence),
    more: 0,
  });
});

it('tells the first of thousands and how many more there are, and an event takes it', () => {
  const told = toldOf(alertsOf(5_000));
  expect([told.what.length, told.sentences.length, told.more]).toEqual([100, 100, 4_900]);
  expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(128 * 1024);
});
