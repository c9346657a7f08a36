import { expect, it } from 'vitest';
import { headline } from './headline.ts';

const NOTHING = { columns: [], prediction: false, target: false, performance: false };
const ALL = ['columns', 'prediction', 'target', 'performance'];

it.each([
  { drifted: NOTHING, alertOn: ALL, tone: 'good', text: 'No drift' },
  { drifted: { ...NOTHING, columns: ['distance'], target: true }, alertOn: ALL, tone: 'bad', text: 'Drift: distance, target' },
  { drifted: { ...NOTHING, target: true }, alertOn: ['columns'], tone: 'quiet', text: 'Drift without an alert: target' },
  { drifted: { ...NOTHING, columns: ['distance'] }, alertOn: [], tone: 'quiet', text: 'Drift without an alert: distance' },
  {
    drifted: { columns: ['distance'], prediction: true, target: true, performance: true },
    alertOn: ['columns', 'performance'],
    tone: 'bad',
    text: 'Drift: distance, performance; without an alert: prediction, target',
  },
  { drifted: { ...NOTHING, columns: ['a', 'b', 'c', 'd'], target: true }, alertOn: ALL, tone: 'bad', text: 'Drift: a, b, c and 2 more' },
])('$text', ({ drifted, alertOn, ...told }) =>
  expect(headline({ drifted }, { alertOn, verdict: told.tone === 'good' ? 'no_drift' : 'drift' })).toEqual(told),
);

it('of a window too small says only that', () =>
  expect(headline({ drifted: { ...NOTHING, prediction: true } }, { alertOn: ALL, verdict: 'insufficient' })).toEqual({
    tone: 'quiet',
    text: 'Too few rows to say',
  }));
