import { describe, expect, it } from 'vitest';
import { judgeDrift } from './judge.ts';
import { categoricalProfile } from './merge-profiles.ts';
import { numericProfile } from './numeric-profile.ts';
import type { CategoricalProfile, ColumnProfile, DatetimeProfile, NumericProfile, Profile } from './profile.ts';
import { driftSettings } from './settings.ts';

const DAY = 86_400;

/** Thursday 2001-03-01 00:00 UTC. */
const MARCH = 983_404_800;

function bell(mean: number, rows = 2_000, missing = 0): NumericProfile {
  // Sums of three waves of different length: the same numbers on every machine, and no ties.
  const values = Float64Array.from({ length: rows }, (_, at) => mean + Math.sin(at * 1.1) + Math.sin(at * 2.3) + Math.sin(at * 0.7)).sort();
  return numericProfile(values, new Array<number>(rows).fill(1), missing);
}

function cities(counts: Readonly<Record<string, number>>, missing = 0): CategoricalProfile {
  return categoricalProfile(new Map(Object.entries(counts)), missing);
}

/** One row every ten minutes, from a day on for so many days, in the given hours. */
function moments(from: number, days: number, isOpen: (hour: number) => boolean = () => true): DatetimeProfile {
  const hourOfDay = new Array<number>(24).fill(0);
  const dayOfWeek = new Array<number>(7).fill(0);
  const seen: number[] = [];
  for (let at = from; at < from + days * DAY; at += 600) {
    const moment = new Date(at * 1000);
    if (!isOpen(moment.getUTCHours())) continue;
    seen.push(at);
    hourOfDay[moment.getUTCHours()] = (hourOfDay[moment.getUTCHours()] as number) + 1;
    dayOfWeek[(moment.getUTCDay() + 6) % 7] = (dayOfWeek[(moment.getUTCDay() + 6) % 7] as number) + 1;
  }
  return {
    kind: 'datetime',
    count: seen.length,
    missing: 0,
    min: seen[0] ?? null,
    max: seen[seen.length - 1] ?? null,
    hourOfDay,
    dayOfWeek,
  };
}

const TYPES = { numeric: 'number', categorical: 'category', datetime: 'datetime' } as const;

function profile(columns: Readonly<Record<string, ColumnProfile>>, change: Partial<Profile> = {}): Profile {
  return {
    version: 1,
    rows: 2_000,
    columns: Object.entries(columns).map(([name, column]) => ({ name, type: TYPES[column.kind], profile: column })),
    prediction: null,
    target: null,
    ...change,
  };
}

function judged(reference: ColumnProfile, current: ColumnProfile, settings = {}) {
  return judgeDrift({ reference: profile({ x: reference }), current: profile({ x: current }), settings }).columns;
}

describe('a column', () => {
  it.each<readonly [string, ColumnProfile, ColumnProfile, string, RegExp]>([
    ['the same numbers', bell(5), bell(5), 'no_drift', /kept its place: 0 standard deviations \(limit 0.1\), no more than chance/],
    ['numbers half a deviation higher', bell(5), bell(5.6), 'drift', /x moved: its mean went from 5.* to 5.6.*not chance \(q < 0.0001\)/],
    ['a real but small step', bell(5, 200_000), bell(5.05, 200_000), 'no_drift', /difference is real .* but small, 0.04/],
    ['few rows that differ by chance', bell(5, 400), bell(5.13, 400), 'no_drift', /as far as can be told: 0.1.* that can be chance/],
    ['the same shares', cities({ A: 900, B: 600 }), cities({ A: 600, B: 400 }), 'no_drift', /no more than chance/],
    ['other shares', cities({ A: 900, B: 600 }), cities({ A: 600, B: 900 }), 'drift', /largest step is "A", from 60 % to 40 %/],
    ['a category nobody had', cities({ A: 900 }), cities({ A: 700, C: 300 }), 'drift', /New: "C" \(300\)\./],
    ['numbers that are missing more often', bell(5), bell(5, 1_600, 400), 'drift', /missing share went from 0 % to 20 %/],
    ['numbers that are missing a little more often', bell(5), bell(5, 1_970, 30), 'no_drift', /kept its place/],
    ['no number any more', bell(5), bell(5, 0, 2_000), 'drift', /missing share went from 0 % to 100 %/],
    ['never a number', bell(5, 0, 2_000), bell(5, 0, 2_000), 'empty', /not judged: the reference has no value/],
    ['too few rows', bell(5), bell(9, 199), 'insufficient', /not judged: the window has 199 values, fewer than 200/],
    ['too small a reference', bell(5, 10), bell(9), 'insufficient', /not judged: the reference has 10 values/],
    ['another kind of value', bell(5), cities({ A: 900 }), 'insufficient', /it was numeric and is categorical/],
  ])('of %s', (_, reference, current, verdict, sentence) => {
    const [column] = judged(reference, current);
    expect(column?.sentence).toMatch(sentence);
    expect(column).toMatchObject({ column: 'x', verdict });
  });

  it('that the window lacks is not judged, and one that only the window has is not looked at', () => {
    const { columns, verdict } = judgeDrift({ reference: profile({ x: bell(1) }), current: profile({ y: bell(1) }) });
    expect(columns).toMatchObject([{ column: 'x', verdict: 'insufficient', sentence: expect.stringContaining('no such column') }]);
    expect(verdict).toBe('insufficient');
  });

  it('may be judged by another effect, which then has its own threshold', () => {
    const [before, after] = [cities({ A: 900, B: 600 }), cities({ A: 800, B: 700 })];
    expect(judged(before, after)[0]).toMatchObject({ verdict: 'no_drift', effect: { name: 'jensen_shannon' } });
    expect(judged(before, after, { categoricalEffect: 'psi', thresholds: { psi: 0.01 } })[0]).toMatchObject({
      verdict: 'drift',
      effect: { name: 'psi', threshold: 0.01 },
    });
    expect(judged(before, after, { categoricalEffect: 'cramers_v' })[0]?.effect).toMatchObject({ name: 'cramers_v', threshold: 0.1 });
    expect(judged(bell(1), bell(2), { numericEffect: 'psi' })[0]).toMatchObject({
      verdict: 'drift',
      effect: { name: 'psi', threshold: 0.2 },
      others: { wasserstein_per_sigma: expect.any(Number) },
    });
  });

  it('of few rows in many categories is not called drift for what chance alone makes', () => {
    const counts = (seed: number) =>
      Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`C${at}`, 3 + Math.round(2 * Math.sin(at * seed))]));
    const [column] = judged(cities(counts(1.7)), cities(counts(2.9)));
    expect(column?.others['jensen_shannon_raw']).toBeGreaterThan(0.1);
    expect(column?.verdict).toBe('no_drift');
  });

  it('whose lists were cut is compared in what both lists tell', () => {
    const reference = { ...cities({ A: 900, B: 500 }), count: 2_000, other: 600 };
    const [column] = judged(reference, cities({ A: 900, B: 500, C: 300, D: 300 }));
    expect(column).toMatchObject({ verdict: 'no_drift', statistic: 0, newCategories: [], others: { cells: 3 } });
  });
});

describe('a moment in time', () => {
  const hour = (reference: DatetimeProfile, current: DatetimeProfile) => judged(reference, current)[0];
  const weekday = (reference: DatetimeProfile, current: DatetimeProfile) => judged(reference, current)[1];

  it('is compared by hour and weekday, never by date', () => {
    const columns = judged(moments(MARCH, 28), moments(MARCH + 400 * DAY, 28));
    expect(columns.map(({ column, verdict }) => [column, verdict])).toEqual([
      ['x.hour_of_day', 'no_drift'],
      ['x.day_of_week', 'no_drift'],
    ]);
  });

  it.each([1.5, 2, 3, 7, 10, 12.25, 30])('in a window of %f days is no drift for its length alone', (days) => {
    const [one, two] = judged(moments(MARCH, 90), moments(MARCH + 91 * DAY, days));
    expect([one?.verdict, two?.verdict]).toEqual(['no_drift', days < 1.5 ? 'insufficient' : 'no_drift']);
    expect(one?.effect?.value).toBeLessThan(0.02);
    expect(two?.effect?.value).toBeLessThan(0.02);
  });

  it('in a window of one day cannot tell of weekdays, in one of nine hours only of those', () => {
    expect(weekday(moments(MARCH, 90), moments(MARCH, 1))?.verdict).toBe('insufficient');
    const short = judged(moments(MARCH, 90), moments(MARCH, 9 / 24), { minRows: 20 })[0];
    expect(short).toMatchObject({ verdict: 'no_drift', others: { cells: 9 } });
  });

  it('that comes at other hours moved', () => {
    const moved = hour(
      moments(MARCH, 60),
      moments(MARCH, 30, (at) => at >= 9 && at < 17),
    );
    expect(moved).toMatchObject({ column: 'x.hour_of_day', verdict: 'drift' });
  });

  it('of an older profile is not judged, and says what to do', () => {
    const old = { ...moments(MARCH, 60), hourOfDay: null, dayOfWeek: null };
    expect(hour(old, moments(MARCH, 30))).toMatchObject({ verdict: 'insufficient', sentence: expect.stringContaining('train again') });
  });

  it('tells what is missing once', () => {
    const [one, two] = judged(moments(MARCH, 30), { ...moments(MARCH, 30), missing: 2_000 });
    expect([one?.verdict, two?.verdict]).toEqual(['drift', 'no_drift']);
  });
});

describe('what comes out of the model', () => {
  const rows = (change: Partial<Profile>) => profile({ x: bell(1) }, change);
  const rate = (positives: number, labelled = 10_000) => ({ target: { positives, labelled } });

  it.each([
    ['the same scores', bell(0.5), bell(0.5), 'no_drift'],
    ['other scores', bell(0.5), bell(0.9), 'drift'],
    ['few scores', bell(0.5), bell(0.9, 50), 'insufficient'],
  ] as const)('%s', (_, before, after, verdict) => {
    const found = judgeDrift({ reference: rows({ prediction: before }), current: rows({ prediction: after }) });
    expect(found.prediction?.verdict).toBe(verdict);
    expect(found.drifted.prediction).toBe(verdict === 'drift');
  });

  it('cannot be judged against a reference without scores or labels', () => {
    const found = judgeDrift({ reference: rows({}), current: rows({ prediction: bell(1), ...rate(1) }) });
    expect([found.prediction?.verdict, found.target?.verdict]).toEqual(['insufficient', 'insufficient']);
  });

  it('is not spoken of when the window has none', () => {
    const found = judgeDrift({ reference: rows({ prediction: bell(1), ...rate(1) }), current: rows(rate(0, 0)) });
    expect(found).toMatchObject({ prediction: null, target: null, decay: null, performance: [] });
  });

  it.each([
    ['0.22 → 0.17', rate(2_200), rate(1_700), 'drift', /positive share went from 22 % to 17 %/],
    ['1 % → 4 %', rate(100), rate(400), 'drift', /from 1 % to 4 %/],
    ['0.22 → 0.21', rate(2_200), rate(2_100), 'no_drift', /no more than chance|small/],
    ['of few labels', rate(2_200), rate(0, 30), 'insufficient', /30 labels are fewer than 200/],
  ] as const)('the share of positives: %s', (_, before, after, verdict, sentence) => {
    const { target } = judgeDrift({ reference: rows(before), current: rows(after) });
    expect(target?.verdict).toBe(verdict);
    expect(target?.sentence).toMatch(sentence);
  });

  it.each([
    [
      'far below the bound',
      { labelled: 5_000, positives: 1_000, auc: 0.66, logLoss: 0.5 },
      0.71,
      'drift',
      /0.05 below the evaluation's lower bound of 0.71/,
    ],
    ['a hair below the bound', { labelled: 5_000_000, positives: 1_000_000, auc: 0.705, logLoss: 0.5 }, 0.71, 'no_drift', /held/],
    ['below the bound by chance', { labelled: 300, positives: 30, auc: 0.68, logLoss: 0.5 }, 0.71, 'no_drift', /held/],
    ['above the bound', { labelled: 5_000, positives: 1_000, auc: 0.73, logLoss: 0.5 }, 0.71, 'no_drift', /held/],
    ['of few labels', { labelled: 30, positives: 3, auc: 0.3, logLoss: 0.5 }, 0.71, 'insufficient', /30 labels are fewer/],
    ['of one class', { labelled: 5_000, positives: 0, auc: null, logLoss: 0.5 }, 0.71, 'insufficient', /all of one class/],
    ['without an evaluation', { labelled: 5_000, positives: 9, auc: 0.6, logLoss: 0.5 }, undefined, 'insufficient', /no evaluation/],
  ] as const)('an AUC %s', (_, overall, aucBound, verdict, sentence) => {
    const found = judgeDrift({ reference: rows({}), current: rows({}), performance: { overall, performance: [] }, aucBound });
    expect(found.decay?.sentence).toMatch(sentence);
    expect(found.decay?.verdict).toBe(verdict);
    expect(found.verdict).toBe(verdict === 'drift' ? 'drift' : 'no_drift');
  });
});

describe('the judgement', () => {
  it('adjusts the columns as one family', () => {
    const reference = profile({ a: bell(1), b: bell(1), c: cities({ A: 900, B: 600 }, 100) });
    const current = profile({ a: bell(1.15), b: bell(1), c: cities({ A: 890, B: 610 }, 120) });
    const { columns } = judgeDrift({ reference, current });
    // Four tests: three of values and one of missing shares.
    const [a] = columns;
    expect(a?.q).toBeCloseTo(Math.min(1, 4 * (a?.p ?? 0)), 9);
    expect(columns[2]?.missing.q).not.toBeNull();
  });

  it('names what drifted and is drift when anything did', () => {
    const reference = profile({ a: bell(1), b: bell(1) });
    const found = judgeDrift({ reference, current: profile({ a: bell(3), b: bell(1) }) });
    expect(found).toMatchObject({ verdict: 'drift', drifted: { columns: ['a'], prediction: false, target: false, performance: false } });
    expect(judgeDrift({ reference, current: reference }).verdict).toBe('no_drift');
    expect(judgeDrift({ reference: profile({}), current: profile({}) }).verdict).toBe('insufficient');
  });

  it('is plain JSON', () => {
    const found = judgeDrift({
      reference: profile({ x: moments(MARCH, 30), y: bell(1) }),
      current: profile({ x: moments(MARCH, 9), y: bell(2) }),
    });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it.each([
    { alpha: 0 },
    { alpha: 1 },
    { alpha: Number.NaN },
    { minRows: 1 },
    { thresholds: { psi: -1 } },
    { thresholds: { target: Number.NaN } },
  ])('refuses the settings %j', (settings) => expect(() => driftSettings(settings)).toThrow(RangeError));
});
