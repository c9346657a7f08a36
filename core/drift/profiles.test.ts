import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '#core/kernel/index.ts';
import { categoricalProfile, MOST_CATEGORIES, mergeProfiles } from './merge-profiles.ts';
import { numericProfile } from './numeric-profile.ts';
import { coarsen, comparable, MOST_VALUES, mergeSketches, numericSketch } from './numeric-sketch.ts';
import { parseTrainingProfile } from './parse-training-profile.ts';
import type { NumericProfile, Profile } from './profile.ts';

const sorted = (values: readonly number[]) => Float64Array.from(values).sort();
const ones = (values: ArrayLike<number>) => new Array<number>(values.length).fill(1);

/** Many distinct values on purpose: beyond 2,048 of them sketches are coarse. */
const numbers = fc.oneof(
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 50 }),
  fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 50 }),
  fc
    .tuple(fc.integer({ min: 1, max: 6_000 }), fc.double({ min: -1e3, max: 1e3, noNaN: true }))
    .map(([length, offset]) => Array.from({ length }, (_, at) => offset + Math.sin(at * 7.13) * 40)),
);

interface Row {
  readonly size: number | null;
  readonly city: string | null;
  readonly at: number | null;
  readonly score: number;
  readonly late: boolean;
}

const row: fc.Arbitrary<Row> = fc.record({
  size: fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true })),
  city: fc.option(fc.constantFrom('A', 'B', 'C', 'D')),
  at: fc.option(fc.integer({ min: -1e6, max: 1e6 })),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
  late: fc.boolean(),
});

/** The profile of rows by its definition. */
function profileOf(rows: readonly Row[]): Profile {
  const numeric = (values: readonly (number | null)[]) => {
    const present = sorted(values.filter((value) => value !== null));
    return numericProfile(present, ones(present), values.length - present.length);
  };
  const cities = new Map<string, number>();
  for (const { city } of rows) if (city !== null) cities.set(city, (cities.get(city) ?? 0) + 1);
  const moments = rows.flatMap(({ at }) => (at === null ? [] : [at]));
  const counts = (cells: number, cell: (moment: number) => number) =>
    Array.from({ length: cells }, (_, wanted) => moments.filter((moment) => cell(moment) === wanted).length);
  return {
    version: 1,
    rows: rows.length,
    columns: [
      { name: 'size', type: 'number', profile: numeric(rows.map(({ size }) => size)) },
      { name: 'city', type: 'category', profile: categoricalProfile(cities, rows.filter(({ city }) => city === null).length) },
      {
        name: 'at',
        type: 'datetime',
        profile: {
          kind: 'datetime',
          count: moments.length,
          missing: rows.length - moments.length,
          min: moments.length > 0 ? Math.min(...moments) : null,
          max: moments.length > 0 ? Math.max(...moments) : null,
          hourOfDay: counts(24, (moment) => new Date(moment * 1000).getUTCHours()),
          dayOfWeek: counts(7, (moment) => (new Date(moment * 1000).getUTCDay() + 6) % 7),
        },
      },
    ],
    prediction: numeric(rows.map(({ score }) => score)),
    target: { labelled: rows.length, positives: rows.filter(({ late }) => late).length },
  };
}

/** Without the two figures that are merged by a formula instead of by counting. */
function exact({ mean: _, std: __, ...rest }: NumericProfile) {
  return rest;
}

describe('sketches of numbers', () => {
  it('merge into the sketch of all numbers, one for one', () =>
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const whole = numericSketch(sorted([...a, ...b]));
        expect(mergeSketches(numericSketch(sorted(a)), numericSketch(sorted(b)))).toEqual(whole);
        expect(whole.values.length).toBeLessThanOrEqual(MOST_VALUES);
        expect(whole.counts.reduce((sum, count) => sum + count, 0)).toBe(a.length + b.length);
      }),
      { numRuns: 60 },
    ));

  it('are exact up to 2,048 distinct values and no coarser than needed beyond', () => {
    expect(numericSketch(Float64Array.from({ length: MOST_VALUES }, (_, at) => at)).bits).toBe(52);
    const coarse = numericSketch(Float64Array.from({ length: 50_000 }, (_, at) => 2001 + at / 50_000));
    expect(coarse.values.length).toBeGreaterThan(MOST_VALUES / 4);
    expect(Math.max(...coarse.values.map((value, at) => (coarse.values[at + 1] ?? value) - value))).toBeLessThan(0.002);
  });

  it('know one zero, and cut towards it from both sides', () => {
    expect(numericSketch([-0, 0])).toEqual({ bits: 52, values: [0], counts: [2] });
    expect(coarsen(numericSketch([-1.75, 1.25, 1.75]), 0)).toEqual({ bits: 0, values: [-1, 1], counts: [1, 2] });
  });

  it.each([
    ['numbers that fall', [2, 1]],
    ['NaN', [Number.NaN]],
    ['infinity', [1, Infinity]],
  ])('refuse %s', (_, values) => expect(() => numericSketch(values)).toThrow(RangeError));

  it('are put into the bins of a side that has nothing finer; what lies outside stands for itself', () => {
    const [bins, points] = comparable({ edges: [0, 1, 2], counts: [3, 0] }, numericSketch([-5, 0, 0.2, 1, 2, 2.5]));
    expect(bins).toMatchObject({ values: [0.5], counts: [3] });
    expect(points).toMatchObject({ values: [-5, 0.5, 1.5, 2.5], counts: [1, 2, 2, 1] });
  });
});

describe('profiles', () => {
  it('merge into the profile of all rows', () =>
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.array(row, { maxLength: 60 }), (a, b) => {
        const merged = mergeProfiles(profileOf(a), profileOf(b));
        const whole = profileOf([...a, ...b]);
        expect({ ...merged, columns: merged.columns.slice(1), prediction: null }).toEqual({
          ...whole,
          columns: whole.columns.slice(1),
          prediction: null,
        });
        for (const [one, other] of [
          [merged.columns[0]?.profile, whole.columns[0]?.profile],
          [merged.prediction, whole.prediction],
        ] as [NumericProfile, NumericProfile][]) {
          expect(exact(one)).toEqual(exact(other));
          if (other.mean === null || other.std === null) expect([one.mean, one.std]).toEqual([null, null]);
          else {
            expect(one.mean).toBeCloseTo(other.mean, 6);
            expect(one.std).toBeCloseTo(other.std, 6);
          }
        }
      }),
    ));

  it('count together what does not fit a thousand categories', () => {
    const found = categoricalProfile(new Map(Array.from({ length: 1_200 }, (_, at) => [String(at), at < 5 ? 3 : 1])), 2);
    expect(found).toMatchObject({ count: 1_210, missing: 2, other: 200 });
    expect(found.categories).toHaveLength(MOST_CATEGORIES);
  });

  it('of different columns or of fixed bins are not merged', () => {
    const [some, other] = [profileOf([]), { ...profileOf([]), columns: [] }];
    expect(() => mergeProfiles(some, other)).toThrow(/different columns/);
    const renamed = { ...some, columns: some.columns.map((column) => ({ ...column, name: `${column.name}2` })) };
    expect(() => mergeProfiles(some, renamed)).toThrow(/in one profile only/);
    const turned = {
      ...some,
      columns: some.columns.map((column, at) => ({ ...column, profile: some.columns[(at + 1) % 3]?.profile as NumericProfile })),
    };
    expect(() => mergeProfiles(some, turned)).toThrow(/numeric in one profile and categorical in the other/);
    const binned = { ...some, prediction: { ...(some.prediction as NumericProfile), distribution: { edges: [0, 1], counts: [4] } } };
    expect(() => mergeProfiles(some, binned)).toThrow(/fixed bins/);
  });
});

const TRAINING = {
  version: 1,
  rows: 4,
  features: [
    { name: 'date', type: 'datetime', count: 4, missing: 0, min: 0, max: 90_000, hour_of_day: hours(), day_of_week: [0, 0, 0, 3, 1, 0, 0] },
    {
      name: 'size',
      type: 'integer',
      count: 3,
      missing: 1,
      min: 1,
      max: 2,
      mean: 1.5,
      std: 0.5,
      points: { bits: 52, values: [1, 2], counts: [1, 2] },
    },
    {
      name: 'city',
      type: 'category',
      count: 4,
      missing: 0,
      distinct: 2,
      categories: [
        { value: 'A', count: 3 },
        { value: 'B', count: 1 },
      ],
      other: 0,
    },
  ],
  target: { name: 'late', positives: 1, rate: 0.25 },
  prediction: {
    channel: 'validation',
    count: 2,
    missing: 0,
    min: 0.1,
    max: 0.9,
    mean: 0.5,
    std: 0.4,
    histogram: { edges: [0.1, 0.5, 0.9], counts: [1, 1] },
  },
};

function hours(): number[] {
  return Array.from({ length: 24 }, (_, hour) => (hour === 5 ? 4 : 0));
}

describe('the profile of a training job', () => {
  it('becomes a profile like any other', () => {
    const profile = parseTrainingProfile(TRAINING);
    expect(profile.columns.map(({ name, profile: { kind, count } }) => [name, kind, count])).toEqual([
      ['date', 'datetime', 4],
      ['size', 'numeric', 3],
      ['city', 'categorical', 4],
    ]);
    expect(profile).toMatchObject({
      rows: 4,
      target: { labelled: 4, positives: 1 },
      prediction: { distribution: { edges: [0.1, 0.5, 0.9] } },
    });
  });

  it('made before calendar counts were kept is read as well', () => {
    const { hour_of_day: _, day_of_week: __, ...date } = TRAINING.features[0] as Record<string, unknown>;
    expect(parseTrainingProfile({ ...TRAINING, features: [date] }).columns[0]?.profile).toMatchObject({ hourOfDay: null, dayOfWeek: null });
  });

  it('may hold a column without a value, and no predictions', () => {
    const features = [{ name: 'size', type: 'number', count: 0, missing: 4 }];
    const { prediction: _, ...rest } = TRAINING;
    expect(parseTrainingProfile({ ...rest, features })).toMatchObject({
      prediction: null,
      columns: [{ profile: { count: 0, mean: null, distribution: { values: [] } } }],
    });
  });

  it.each([
    ['profile must be an object', null],
    ['version must be 1', { ...TRAINING, version: 2 }],
    ['rows must be a whole number', { ...TRAINING, rows: -1 }],
    ['features must be a list', { ...TRAINING, features: {} }],
    ['features[0].name must be a name', withFeature({ name: '' })],
    ['features[0].type must be one of integer', withFeature({ type: 'text' })],
    ['features[0].mean must be a finite number; found nothing', withFeature({ mean: undefined })],
    ['features[0].points.bits must be', withFeature({ points: { bits: 60, values: [], counts: [] } })],
    ['features[0].points.values[1] must be larger', withFeature({ points: { bits: 52, values: [2, 2], counts: [1, 1] } })],
    ['features[0].points.counts must be 2 counts', withFeature({ points: { bits: 52, values: [1, 2], counts: [1] } })],
    ['features[0].histogram.edges must be at least two edges', withFeature({ points: undefined, histogram: { edges: [1], counts: [] } })],
    ['features[0].categories[0].value must be a text', withFeature({ type: 'category', categories: [{ value: 1, count: 1 }], other: 0 })],
  ])('is refused: %s', (reason, json) => {
    const refused = () => parseTrainingProfile(json);
    expect(refused).toThrow(DomainError);
    try {
      refused();
    } catch (error) {
      expect((error as DomainError).failure).toMatchObject({ code: 'profile_invalid', reason: expect.stringContaining(reason) });
    }
  });
});

function withFeature(change: Record<string, unknown>) {
  return { ...TRAINING, features: [{ ...TRAINING.features[1], ...change }] };
}
