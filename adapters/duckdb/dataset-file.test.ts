import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkParts, compareSchema, judgeQuality } from '#core/data/index.ts';
import { compilePlan, type PipelineDefinition, type Plan } from '#core/pipelines/index.ts';
import { definitionOf } from '../../test/support/pipeline-definition.ts';
import { withDuckDB } from './database.ts';
import { fileColumns, profileDataset, writeQuarantine } from './dataset-file.ts';
import { scoredRows } from './scored-rows.ts';
import { splitFile } from './split-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-duckdb-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const GOOD = `select timestamp '2001-02-01' + interval (i) hour as date, (100 + i % 900)::integer as distance,
  case when i % 9 = 0 then null else 'A' || (i % 5) end as origin, i % 4 = 0 as late from range(1200) t(i)`;

async function write(query: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`copy (${query}) to '${folder}/rows.parquet' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  return `${folder}/rows.parquet`;
}

function open<Result>(use: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
  return withDuckDB({ folder, memoryMb: 256, threads: 2 }, use);
}

function planOf(change: Partial<PipelineDefinition> = {}): Plan {
  return compilePlan({ base: definitionOf(change), environments: {} });
}

async function judged(query: string, plan = planOf()) {
  const file = await write(query);
  return open(async (connection) => {
    const columns = await fileColumns(connection, file);
    const mismatch = compareSchema(plan.columns, columns);
    if (mismatch.length > 0) return { issues: mismatch };
    const profile = await profileDataset(connection, plan, file, columns);
    return { issues: judgeQuality(plan, profile, new Date('2001-03-23T00:00:00Z')), profile };
  });
}

describe('a dataset file', () => {
  it('that is good passes, gaps of a nullable column and all', async () => {
    const { issues, profile } = await judged(GOOD);
    expect(issues).toEqual([]);
    expect(profile).toMatchObject({ rows: 1200, kept: 1200, quarantined: 0, positives: 300, duplicates: 0 });
    expect(profile?.columns.find((column) => column.name === 'origin')?.missing).toBe(134);
  });

  it.each([
    {
      name: 'a column too few',
      query: GOOD.replace(', i % 4 = 0 as late', ''),
      issue: { column: 'late', rule: 'missing_column', limit: 'boolean' },
    },
    {
      name: 'a column too many',
      query: GOOD.replace(' from range', ', i as row_id from range'),
      issue: { column: 'row_id', rule: 'unexpected_column', observed: 'BIGINT' },
    },
    {
      name: 'text for a number',
      query: GOOD.replace('::integer', '::varchar'),
      issue: { column: 'distance', rule: 'wrong_type', observed: 'VARCHAR', limit: 'integer' },
    },
    {
      name: 'text for a time',
      query: GOOD.replace("timestamp '2001-02-01' + interval (i) hour", "'2001-02-01'"),
      issue: { column: 'date', rule: 'wrong_type', observed: 'VARCHAR' },
    },
    { name: 'too few rows', query: GOOD.replace('range(1200)', 'range(9)'), issue: { column: '*', rule: 'min_rows', observed: '9 rows' } },
    {
      name: 'a 5 % missing column',
      query: GOOD.replace('(100 + i % 900)::integer', 'if(i % 20 = 0, null, 5)::integer'),
      issue: { column: 'distance', rule: 'missing', observed: '5 %', limit: 'at most 1 %' },
    },
    {
      name: 'values out of range',
      query: GOOD.replace('i % 900', 'i * 100'),
      issue: { column: 'distance', rule: 'out_of_range', observed: expect.stringContaining('seen 100…120000') },
    },
    {
      name: 'repeated rows',
      query: `${GOOD} union all ${GOOD.replace('range(1200)', 'range(100)')}`,
      issue: { column: '*', rule: 'duplicates', observed: '7.692 %' },
    },
    {
      name: 'one class',
      query: GOOD.replace('i % 4 = 0', 'false'),
      issue: { column: 'late', rule: 'two_classes', observed: 'every row is false' },
    },
  ])('with $name is told so', async ({ query, issue }) => {
    expect((await judged(query)).issues).toContainEqual(expect.objectContaining(issue));
  });

  it('is asked for unique keys and for freshness when the plan says so', async () => {
    const quality = {
      missing: 0.01,
      outOfRange: 0.001,
      duplicates: 0.05,
      minRows: 10,
      unique: ['origin'],
      freshness: { column: 'date', maxHours: 24 },
    };
    const { issues } = await judged(GOOD, planOf({ quality }));
    expect(issues.map((issue) => issue.rule)).toEqual(['unique']);
    const stale = await judged(GOOD.replace('2001-02-01', '2001-01-01'), planOf({ quality }));
    expect(stale.issues.map((issue) => issue.rule)).toEqual(['unique', 'freshness']);
  });

  it('has its few bad rows set aside with a reason and a place, and the rest split', async () => {
    const plan = planOf();
    const file = await write(GOOD.replace('(100 + i % 900)::integer', 'case i when 7 then null when 9 then -5 else 5 end::integer'));
    await open(async (connection) => {
      const columns = await fileColumns(connection, file);
      expect(await profileDataset(connection, plan, file, columns)).toMatchObject({ rows: 1200, quarantined: 2, kept: 1198 });
      await writeQuarantine(connection, plan, file, columns, `${folder}/quarantine.parquet`);
      const rows = await connection.runAndReadAll(`select row_number, reason, distance from '${folder}/quarantine.parquet' order by 1`);
      expect(rows.getRowObjectsJson()).toEqual([
        { row_number: '7', reason: 'distance missing', distance: null },
        { row_number: '9', reason: 'distance out of range', distance: '-5' },
      ]);
      const { parts } = await splitFile(connection, plan, file, columns, folder);
      expect(parts.train.rows + parts.validation.rows + parts.test.rows).toBe(1198);
    });
  });

  it('reads a time with a zone as UTC, and derives and keeps rows by the prepare steps', async () => {
    const { late: _, ...schema } = definitionOf().schema;
    const plan = planOf({
      schema: { ...schema, delay: { type: 'number', role: 'ignore', nullable: false } },
      prepare: [
        { keep: { column: 'origin', oneOf: ['A1', 'A2'] } },
        { derive: { column: 'late', from: 'delay', atLeast: 15, role: 'target' } },
      ],
    });
    const file = await write(
      GOOD.replace("timestamp '2001-02-01'", "timestamptz '2001-02-01 00:00:00+02'").replace(
        'i % 4 = 0 as late',
        '(i % 30)::double as delay',
      ),
    );
    await open(async (connection) => {
      const columns = await fileColumns(connection, file);
      expect(compareSchema(plan.columns, columns)).toEqual([]);
      const profile = await profileDataset(connection, plan, file, columns);
      expect(profile.kept + profile.filtered).toBe(1200);
      const { parts } = await splitFile(connection, plan, file, columns, folder);
      expect(parts.train.from).toMatch(/^2001-01-31T2[234]:/);
      expect((await fileColumns(connection, parts.train.file)).map((column) => column.name)).toEqual([
        'date',
        'distance',
        'origin',
        'late',
      ]);
    });
  });

  it.each([
    { name: 'time', split: definitionOf().split },
    { name: 'time, by shares', split: { by: 'time' as const, column: 'date', shares: { train: 0.6, validation: 0.2, test: 0.2 } } },
    { name: 'time, by days', split: { by: 'time' as const, column: 'date', validationDays: 7, testDays: 14 } },
    { name: 'chance', split: { by: 'random' as const, seed: 3, shares: { train: 0.6, validation: 0.2, test: 0.2 } } },
  ])('splits by $name: every row in one part, the same part each time', async ({ split }) => {
    const plan = planOf({ split });
    const file = await write(GOOD);
    await open(async (connection) => {
      const columns = await fileColumns(connection, file);
      const first = await splitFile(connection, plan, file, columns, folder);
      expect(await splitFile(connection, plan, file, columns, folder)).toEqual(first);
      const { train, validation, test } = first.parts;
      expect(train.rows + validation.rows + test.rows).toBe(1200);
      expect(Math.min(train.rows, validation.rows, test.rows)).toBeGreaterThan(100);
      if (split.by === 'time') {
        expect(Date.parse(train.until ?? '')).toBeLessThan(Date.parse(validation.from ?? ''));
        expect(Date.parse(validation.until ?? '')).toBeLessThan(Date.parse(test.from ?? ''));
      }
    });
  });

  it('is parted by whole UTC days counted back from the day of its newest row, and only so many days before them train', async () => {
    const plan = planOf({ split: { by: 'time', column: 'date', validationDays: 7, testDays: 14, trainDays: 10 } });
    // Fifty days of hours from February 1st: the last row is of March 22nd.
    const file = await write(GOOD);
    await open(async (connection) => {
      const { parts, ...where } = await splitFile(connection, plan, file, await fileColumns(connection, file), folder);
      expect(where).toEqual({
        boundaries: ['2001-03-02T00:00:00.000Z', '2001-03-09T00:00:00.000Z'],
        trainFrom: '2001-02-20T00:00:00.000Z',
      });
      expect(parts).toMatchObject({
        train: { rows: 240, from: '2001-02-20T00:00:00.000Z', until: '2001-03-01T23:00:00.000Z' },
        validation: { rows: 7 * 24, from: '2001-03-02T00:00:00.000Z', until: '2001-03-08T23:00:00.000Z' },
        test: { rows: 14 * 24, from: '2001-03-09T00:00:00.000Z', until: '2001-03-22T23:00:00.000Z' },
      });
    });
  });

  it('counts a day whole that has only begun, and leaves a part empty when its days hold nothing', async () => {
    const early = await write(`${GOOD} limit 1177`);
    const last = async (file: string, testDays: number) =>
      open(async (connection) => {
        const plan = planOf({ split: { by: 'time', column: 'date', validationDays: 1, testDays } });
        return splitFile(connection, plan, file, await fileColumns(connection, file), folder);
      });
    // The 1177th row is the first hour of March 22nd.
    expect((await last(early, 1)).parts).toMatchObject({ test: { rows: 1 }, validation: { rows: 24 } });
    const { parts, boundaries } = await last(early, 60);
    expect(parts).toMatchObject({ train: { rows: 0 }, validation: { rows: 0 }, test: { rows: 1177 } });
    expect(() => checkParts(parts, boundaries)).toThrow(/no rows fall into train \(boundaries 2001-01-2/);
  });

  it('is handed to a model in its inputs’ own types, what is missing in the form the graph knows', async () => {
    const file = await write(GOOD.replace("'A' || (i % 5)", "'A'").replace('(100 + i % 900)::integer', 'if(i = 1, null, 7)::integer'));
    await open(async (connection) => {
      const inputs = [
        { name: 'date', type: 'datetime', onnx: 'int64' as const },
        { name: 'distance', type: 'integer', onnx: 'float' as const },
        { name: 'origin', type: 'category', onnx: 'string' as const },
      ];
      let rows = 0;
      for await (const chunk of scoredRows(
        connection,
        planOf({ evaluation: { ...definitionOf().evaluation, segments: ['origin'] } }),
        inputs,
        file,
        500,
      )) {
        if (rows === 0) {
          expect((chunk.columns['date'] as BigInt64Array)[1]).toBe(BigInt(Date.parse('2001-02-01T01:00:00Z') / 1000));
          expect([...(chunk.columns['distance'] as Float32Array).subarray(0, 3)]).toEqual([7, Number.NaN, 7]);
          expect((chunk.columns['origin'] as string[]).slice(0, 2)).toEqual(['', 'A']);
          expect([...chunk.labels.subarray(0, 5)]).toEqual([1, 0, 0, 0, 1]);
          expect(chunk.segments['origin']?.slice(0, 2)).toEqual(['', 'A']);
        }
        rows += chunk.rows;
      }
      expect(rows).toBe(1200);
    });
  });
});

describe('the database', () => {
  it.each([
    ["select * from read_csv('/etc/passwd')"],
    ["copy (select 1) to '/tmp/elsewhere.parquet'"],
    ['set enable_external_access = true'],
    ['install httpfs'],
    ["select * from read_parquet('http://127.0.0.1:9/x.parquet')"],
  ])('reaches its folder and nothing else: %s', async (query) => {
    await expect(open((connection) => connection.run(query))).rejects.toThrow();
  });
});
