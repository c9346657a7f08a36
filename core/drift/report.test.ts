import { describe, expect, it } from 'vitest';
import { judgeDrift } from './judge.ts';
import { categoricalProfile } from './merge-profiles.ts';
import { numericProfile } from './numeric-profile.ts';
import type { Profile } from './profile.ts';
import { type DriftReportFacts, driftReport } from './report.ts';

const HOSTILE = `"><script>alert('x')</script>&`;

const FACTS: DriftReportFacts = {
  monitor: 'world',
  model: 'flights',
  version: 3,
  scan: 's',
  window: { from: '2001-04-01T00:00:00.000Z', to: '2001-05-01T00:00:00.000Z' },
  asOf: '2001-05-01T06:00:00.000Z',
  reference: { kind: 'training' },
  files: 720,
  alertOn: ['columns', 'prediction', 'target', 'performance'],
  verdict: 'drift',
};

function rows(mean: number, city = 'A', name = 'distance'): Profile {
  const numbers = numericProfile(
    Float64Array.from({ length: 500 }, (_, at) => mean + at),
    new Array<number>(500).fill(1),
    20,
  );
  return {
    version: 1,
    rows: 500,
    columns: [
      { name, type: 'number', profile: numbers },
      {
        name: 'origin',
        type: 'category',
        profile: categoricalProfile(
          new Map([
            [city, 300],
            ['B', 200],
          ]),
          0,
        ),
      },
    ],
    prediction: numbers,
    target: { labelled: 500, positives: 100 },
  };
}

const performance = {
  performance: [
    { day: '2001-04-01', rows: 300, labelled: 250, rate: 0.2, meanScore: 0.25, auc: 0.6, logLoss: 0.5 },
    { day: '2001-04-02', rows: 200, labelled: 0, rate: null, meanScore: 0.25, auc: null, logLoss: null },
    { day: '2001-04-03', rows: 300, labelled: 250, rate: 0.2, meanScore: 0.25, auc: 0.61, logLoss: 0.5 },
  ],
  overall: { labelled: 500, positives: 100, auc: 0.6, logLoss: 0.5 },
};

describe('the drift report', () => {
  const page = driftReport(judgeDrift({ reference: rows(0), current: rows(400), performance, aucBound: 0.7 }), FACTS);

  it('is one page that asks nothing of anybody', () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|@import|url\(/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('says what drifted, with each number', () => {
    expect(page).toContain('Drift: distance, prediction, performance');
    expect(page).toContain('Drift of 2001-04-01 to 2001-05-01 against the training rows of version 3');
    expect(page).toMatch(/distance moved: its mean went from 250 to 650/);
    expect(page).toContain('Kolmogorov–Smirnov');
    expect(page).toContain('500 → 500');
    expect(page).toContain('<polyline class="line thin"');
    // The day without labels leaves a gap, not a fall to zero.
    expect(page.match(/<polyline/g)).toHaveLength(4);
  });

  it('is the same for the same judgement after a way through JSON', () => {
    const judgement = judgeDrift({ reference: rows(0), current: rows(1), performance });
    expect(driftReport(JSON.parse(JSON.stringify(judgement)), FACTS)).toBe(driftReport(judgement, FACTS));
  });

  it.each([
    ['No drift', rows(0), 'no_drift'],
    ['Too few rows to say', rows(0), 'insufficient'],
  ] as const)('%s', (told, current, verdict) => {
    expect(driftReport(judgeDrift({ reference: rows(0), current }), { ...FACTS, verdict })).toContain(told);
  });

  it('of an empty window still says so', () => {
    const nothing: Profile = { version: 1, rows: 0, columns: [], prediction: null, target: null };
    const reference = { kind: 'window', from: '2001-01-01T00:00:00Z', to: '2001-02-01T06:30:00Z' } as const;
    const empty = driftReport(judgeDrift({ reference: nothing, current: nothing }), {
      ...FACTS,
      version: null,
      reference,
      verdict: 'insufficient',
    });
    expect(empty).toContain('2001-01-01 to 2001-02-01 06:30Z');
    expect(empty).not.toContain('<h2>Columns</h2>');
  });

  it('lets nothing a person wrote become markup', () => {
    const judgement = judgeDrift({ reference: rows(0, 'A', HOSTILE), current: rows(400, HOSTILE, HOSTILE), performance });
    const hostile = driftReport(judgement, { ...FACTS, monitor: HOSTILE, model: HOSTILE, scan: HOSTILE, asOf: HOSTILE });
    expect(hostile).not.toContain('<script');
    expect(hostile).not.toContain(HOSTILE);
  });
});
