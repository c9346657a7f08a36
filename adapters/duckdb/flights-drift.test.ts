import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { categoricalProfile, judgeDrift, numericProfile, type Profile, type WindowProfile } from '#core/drift/index.ts';
import { FLIGHT_FEATURES, flightLabels, NO_WEST, writeFlightWindow } from '../../test/support/flight-window.ts';
import { withDuckDB } from './database.ts';
import { profileWindow } from './window-rows.ts';

/** What the method says of the flights that `npm start` tells its story with, of every eighth of them. */

const between = (from: string, to: string) => `date >= timestamp '2001-${from}-01' and date < timestamp '2001-${to}-01'`;
const QUARTER = between('01', '04');
const APRIL = between('04', '05');
const MAY = between('05', '06');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-flights-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function profiled(which: string): Promise<WindowProfile> {
  const where = `${which} and n % 8 = 1`;
  const files = await writeFlightWindow(folder, 'window', where, 3);
  const labels = await flightLabels(where);
  return withDuckDB({ folder, memoryMb: 2048, threads: 2 }, (connection) =>
    profileWindow(connection, { files, features: FLIGHT_FEATURES, labels }),
  );
}

describe('the flights of 2001', () => {
  it('of a carrier whose routes stay the same do not drift; the share of its late ones does in May', async () => {
    const reference = (await profiled(QUARTER)).profile;
    const april = judgeDrift({ reference, current: (await profiled(APRIL)).profile });
    const may = judgeDrift({ reference, current: (await profiled(MAY)).profile });
    for (const { columns } of [april, may]) {
      expect(columns.map(({ column, verdict }) => [column, verdict])).toEqual([
        ['date.hour_of_day', 'no_drift'],
        ['date.day_of_week', 'no_drift'],
        ['distance', 'no_drift'],
        ['origin', 'no_drift'],
        ['destination', 'no_drift'],
      ]);
      expect(Math.max(...columns.map(({ effect }) => effect?.value ?? 1))).toBeLessThan(0.04);
    }
    expect(may.target).toMatchObject({ verdict: 'drift', sentence: expect.stringContaining('from 22.6 % to 16.9 %') });
    expect(may.drifted).toEqual({ columns: [], prediction: false, target: true, performance: false });
  });

  it('of a carrier that begins to fly west drift in distance and airports, and not in hours', async () => {
    const reference = (await profiled(`${QUARTER} and ${NO_WEST}`)).profile;
    const { columns, drifted } = judgeDrift({ reference, current: (await profiled(APRIL)).profile });
    expect(drifted.columns).toEqual(['distance', 'origin', 'destination']);
    expect(columns.find(({ column }) => column === 'distance')?.effect?.value).toBeCloseTo(0.42, 2);
    expect(columns.find(({ column }) => column === 'origin')?.newCategories[0]).toMatchObject({ value: 'LAX' });
  });
});

describe('two halves of one month, dealt at random 200 times', () => {
  const DRAWS = 200;
  /** Every other draw is of all rows, the others of so few that chance makes large differences. */
  const FEW = 4_000;

  it('are never called drift, and seldom significant', async () => {
    const rows = await monthOfCodes();
    let significant = 0;
    let alone = 0;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const [reference, current] = halves(rows, draw, draw % 2 === 0 ? rows.hour.length : FEW);
      const { columns, drifted, prediction, target } = judgeDrift({ reference, current });
      expect([draw, drifted]).toEqual([draw, { columns: [], prediction: false, target: false, performance: false }]);
      if (columns.some(({ q }) => (q ?? 1) < 0.05)) significant += 1;
      for (const one of [prediction, target]) if ((one?.p ?? 1) < 0.05) alone += 1;
    }
    // Under one family of true nulls the chance that any q is below 0.05 is 0.05: 10 of 200, and 19 with three deviations more.
    expect(significant).toBeLessThanOrEqual(19);
    // The two that stand alone: 20 of 400, and 33; three deviations less are 7, below which a p-value would be no chance at all.
    expect(alone).toBeGreaterThanOrEqual(7);
    expect(alone).toBeLessThanOrEqual(33);
  });
});

/** Each flight of March as small numbers, so that 200 draws are counting and nothing else. */
interface Codes {
  readonly hour: readonly number[];
  readonly day: readonly number[];
  readonly distance: readonly number[];
  readonly origin: readonly number[];
  readonly score: readonly number[];
  readonly late: readonly number[];
  readonly airports: number;
}

async function monthOfCodes(): Promise<Codes> {
  const where = `${between('03', '04')} and n % 8 = 1`;
  const [path = ''] = await writeFlightWindow(folder, 'month', where);
  const labels = await flightLabels(where);
  const read = await withDuckDB({ folder, memoryMb: 512, threads: 2 }, (connection) =>
    connection.runAndReadAll(`select hour(feature_date), isodow(feature_date) - 1, feature_distance::integer,
      dense_rank() over (order by feature_origin)::integer - 1, round(score * 1000)::integer, id from read_parquet('${path}') order by id`),
  );
  const rows = read.getRows();
  const column = (at: number) => rows.map((row) => Number(row[at]));
  const origin = column(3);
  return {
    hour: column(0),
    day: column(1),
    distance: column(2),
    origin,
    score: column(4),
    late: rows.map((row) => (labels.get(String(row[5])) ? 1 : 0)),
    airports: Math.max(...origin) + 1,
  };
}

function halves(rows: Codes, seed: number, size: number): readonly [Profile, Profile] {
  const random = mulberry32(seed);
  const chosen = size / rows.hour.length;
  const side = rows.hour.map(() => (random() < chosen ? (random() < 0.5 ? 1 : 2) : 0));
  return [profileOf(rows, side, 1), profileOf(rows, side, 2)];
}

function profileOf(rows: Codes, side: readonly number[], wanted: number): Profile {
  const counted = (codes: readonly number[], most: number) => {
    const counts = new Array<number>(most).fill(0);
    codes.forEach((code, row) => {
      if (side[row] === wanted) counts[code] = (counts[code] as number) + 1;
    });
    return counts;
  };
  const numeric = (counts: readonly number[]) => {
    const seen = counts.flatMap((count, value) => (count > 0 ? [{ value, count }] : []));
    return numericProfile(
      seen.map(({ value }) => value),
      seen.map(({ count }) => count),
      0,
    );
  };
  const late = counted(rows.late, 2) as [number, number];
  const count = late[0] + late[1];
  const origins = new Map<string, number>(
    counted(rows.origin, rows.airports).flatMap((found, code) => (found > 0 ? [[`A${code}`, found] as const] : [])),
  );
  const march = { min: Date.UTC(2001, 2, 1) / 1000, max: Date.UTC(2001, 2, 31, 23) / 1000 };
  const hourOfDay = counted(rows.hour, 24);
  const dayOfWeek = counted(rows.day, 7);
  return {
    version: 1,
    rows: count,
    columns: [
      { name: 'date', type: 'datetime', profile: { kind: 'datetime', count, missing: 0, ...march, hourOfDay, dayOfWeek } },
      { name: 'distance', type: 'integer', profile: numeric(counted(rows.distance, 6_000)) },
      { name: 'origin', type: 'category', profile: categoricalProfile(origins, 0) },
    ],
    prediction: numeric(counted(rows.score, 1_001)),
    target: { labelled: count, positives: late[1] },
  };
}

/** A small seeded generator: the same draws on every machine. */
function mulberry32(seed: number): () => number {
  let state = (seed * 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
