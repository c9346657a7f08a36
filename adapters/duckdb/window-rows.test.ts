import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WindowProfile } from '#core/drift/index.ts';
import type { PredictionRow } from '#core/serving/index.ts';
import { withDuckDB } from './database.ts';
import { writePredictionRows } from './prediction-rows.ts';
import { profileWindow, type WindowQuestion } from './window-rows.ts';

const TYPES = { at: 'datetime', size: 'integer', price: 'number', member: 'boolean', city: 'category' } as const;
const FEATURES = [
  { name: 'at', type: 'datetime', onnx: 'int64' },
  { name: 'size', type: 'integer', onnx: 'int64' },
  { name: 'price', type: 'number', onnx: 'float' },
  { name: 'member', type: 'boolean', onnx: 'bool' },
  { name: 'city', type: 'category', onnx: 'string' },
] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-window-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function open<Result>(use: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
  return withDuckDB({ folder, memoryMb: 256, threads: 2 }, use);
}

function row(at: number, change: Partial<PredictionRow> = {}): PredictionRow {
  return {
    id: `p${at}`,
    tenant: 't',
    model: 'm',
    modelId: 'm',
    version: 1,
    versionId: 'v1',
    arm: 'champion',
    eventTime: new Date(Date.UTC(2001, 3, 1 + (at % 3), at % 24)).toISOString(),
    receivedAt: '2001-04-01T00:00:00.000Z',
    features: { at: '2001-04-02T13:45:00Z', size: at % 7, price: at / 10, member: at % 3 === 0, city: `C${at % 4}` },
    output: { label: at % 2 === 0, score: ((at * 37) % 100) / 100 },
    ...change,
  };
}

/** Writes each list of rows as a file of the log, and profiles them. */
async function profiled(files: readonly (readonly PredictionRow[])[], change: Partial<WindowQuestion> = {}): Promise<WindowProfile> {
  return open(async (connection) => {
    const paths = files.map((_, at) => `${folder}/${at}.parquet`);
    await writePredictionRows(
      connection,
      TYPES,
      files.map((rows, at) => ({ rows, path: `${folder}/${at}.parquet` })),
    );
    return profileWindow(connection, { files: paths, features: FEATURES, ...change });
  });
}

const columnOf = ({ profile }: WindowProfile, name: string) => profile.columns.find((column) => column.name === name)?.profile;

describe('a window of the prediction log', () => {
  it('becomes a profile of every feature, of the scores, and of what is known of the truth', async () => {
    const rows = Array.from({ length: 240 }, (_, at) => row(at));
    const labels = new Map(rows.slice(0, 200).map(({ id, output }) => [id, output.score > 0.5]));
    labels.set('p-of-another-window', true);
    const found = await profiled([rows.slice(0, 100), rows.slice(100)], { labels });
    expect(found).toMatchObject({ rows: 240, distinctIds: 240, duplicates: 0, versions: [{ versionId: 'v1', version: 1, rows: 240 }] });
    expect([found.firstEvent, found.lastEvent]).toEqual(['2001-04-01T00:00:00.000Z', '2001-04-03T23:00:00.000Z']);
    // Monday, 13 h.
    expect(columnOf(found, 'at')).toMatchObject({ kind: 'datetime', count: 240, dayOfWeek: [240, 0, 0, 0, 0, 0, 0], min: 986_219_100 });
    expect(columnOf(found, 'at')).toHaveProperty(['hourOfDay', 13], 240);
    expect(columnOf(found, 'size')).toMatchObject({
      count: 240,
      missing: 0,
      min: 0,
      max: 6,
      distribution: { bits: 52, values: [0, 1, 2, 3, 4, 5, 6] },
    });
    expect(columnOf(found, 'price')).toMatchObject({ count: 240, max: Math.fround(23.9) });
    expect(columnOf(found, 'member')).toMatchObject({
      categories: [
        { value: 'false', count: 160 },
        { value: 'true', count: 80 },
      ],
    });
    expect(columnOf(found, 'city')).toMatchObject({
      count: 240,
      categories: ['C0', 'C1', 'C2', 'C3'].map((value) => ({ value, count: 60 })),
    });
    expect(found.profile.prediction).toMatchObject({ count: 240, distribution: { bits: 52 } });
    expect(found.profile.target).toEqual({ labelled: 200, positives: [...labels.values()].filter(Boolean).length - 1 });
    expect(found.overall).toMatchObject({ labelled: 200, auc: 1 });
    expect(found.performance.map(({ day, rows: count, auc }) => [day, count, auc])).toEqual([
      ['2001-04-01', 80, 1],
      ['2001-04-02', 80, 1],
      ['2001-04-03', 80, 1],
    ]);
    expect(found.performance.reduce((sum, point) => sum + point.labelled, 0)).toBe(200);
  });

  it('counts a prediction once that stands in it twice', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => row(at));
    const found = await profiled([rows, rows.slice(10)]);
    expect(found).toMatchObject({ rows: 50, distinctIds: 30, duplicates: 20 });
    expect(found.profile).toEqual((await profiled([rows])).profile);
  });

  it('counts as missing what is null, infinite, or in no file', async () => {
    const none = row(1, { features: { at: null, size: null, price: null, member: null, city: '' } });
    const found = await profiled([[row(0), none]], { features: [...FEATURES, { name: 'wind', type: 'number', onnx: 'float' }] });
    expect(found.profile.columns.map(({ name, profile: { count, missing } }) => [name, count, missing])).toEqual([
      ...FEATURES.map(({ name }) => [name, 1, 1]),
      ['wind', 0, 2],
    ]);
    const path = `${folder}/infinite.parquet`;
    await write(
      path,
      `select * replace (case n when 0 then 'inf'::double when 1 then 'nan'::double when 2 then 1e300 else 0.5 end as feature_price)`,
    );
    const odd = await open((connection) =>
      profileWindow(connection, { files: [path], features: [{ name: 'price', type: 'number', onnx: 'float' }] }),
    );
    expect(columnOf(odd, 'price')).toMatchObject({ count: 1, missing: 3, min: 0.5, max: 0.5 });
  });

  it('tells which versions answered, most rows first', async () => {
    const rows = [row(0, { versionId: 'v2', version: 2 }), ...[1, 2, 3].map((at) => row(at)), row(4, { versionId: 'v2', version: 2 })];
    const { versions } = await profiled([rows]);
    expect(versions).toEqual([
      { versionId: 'v1', version: 1, rows: 3 },
      { versionId: 'v2', version: 2, rows: 2 },
    ]);
  });

  it('takes the rows between two event times', async () => {
    const rows = Array.from({ length: 72 }, (_, at) => row(at));
    const found = await profiled([rows], { from: new Date('2001-04-02T00:00:00Z'), to: new Date('2001-04-03T00:00:00Z') });
    expect(found.distinctIds).toBe(24);
    expect(found.performance).toEqual([]);
  });

  it('without a file or a row is empty', async () => {
    for (const files of [[], [[]]]) {
      const found = await profiled(files, { labels: new Map([['p1', true]]) });
      expect(found).toMatchObject({
        rows: 0,
        firstEvent: null,
        versions: [],
        performance: [],
        profile: { rows: 0, prediction: null, target: { labelled: 0, positives: 0 } },
      });
      expect(found.profile.columns.map(({ profile: { count, missing } }) => count + missing)).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it('gives the same profile whatever the order of files and rows', async () => {
    const rows = Array.from({ length: 400 }, (_, at) => row(at, { output: { label: true, score: Math.abs(Math.sin(at)) } }));
    const labels = new Map(rows.map(({ id }, at) => [id, at % 3 === 0]));
    const expected = JSON.stringify(await profiled([rows], { labels }));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: rows.length }), fc.integer({ min: 1, max: 6 }), async (shuffled, parts) => {
        const files = Array.from({ length: parts }, (_, part) => shuffled.filter((_each, at) => at % parts === part));
        expect(JSON.stringify(await profiled(files, { labels }))).toBe(expected);
      }),
      { numRuns: 8 },
    );
  });
});

async function write(path: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`copy (${select} from (select n, 'p' || n as id, 1 as version, 'v' as version_id, timestamp '2001-04-01' as event_time,
    0.5::double as score, 0::double as feature_price from range(4) t(n))) to '${path}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
}
