import type { DuckDBConnection } from '@duckdb/node-api';
import { type FileColumn, PARTS, type Part, type PartProfile } from '#core/data/index.ts';
import { type Plan, targetOf } from '#core/pipelines/index.ts';
import { typesOf, unreadable } from './dataset-file.ts';
import { preparedRows } from './prepared-rows.ts';
import { name, text } from './sql.ts';

export interface SplitFiles {
  readonly parts: Readonly<Record<Part, PartProfile & { readonly file: string }>>;
  readonly boundaries: readonly [string, string] | null;
  /** Rows before this moment are in no part; only where the pipeline bounds what trains. */
  readonly trainFrom?: string;
}

/** Where time parts the rows: what is from `trainFrom` on trains, from the first boundary on validates, from the second on tests. */
interface Boundaries {
  readonly at: readonly [string, string];
  readonly trainFrom?: string;
}

const DAY_MS = 86_400_000;

/** Writes train, validation and test as one Parquet file each into `folder`. Same file, same plan: same rows in the same parts. */
export async function splitFile(
  connection: DuckDBConnection,
  plan: Plan,
  file: string,
  columns: readonly FileColumn[],
  folder: string,
): Promise<SplitFiles> {
  const { prepared } = preparedRows(plan, file, typesOf(columns));
  const boundaries = await boundariesOf(connection, plan, prepared);
  const where = conditions(plan, boundaries);
  const wanted = plan.columns.filter((column) => column.role !== 'ignore' || plan.evaluation.segments.includes(column.name));
  const selected = wanted.map((column) => name(column.name)).join(', ');
  const parts: Partial<Record<Part, PartProfile & { file: string }>> = {};
  for (const part of PARTS) {
    const to = `${folder}/${part}.parquet`;
    try {
      await connection.run(
        `copy (select ${selected} from (${prepared}) where ${where[part]}) to ${text(to)} (format parquet, compression snappy)`,
      );
    } catch (error) {
      throw unreadable(error);
    }
    parts[part] = { ...(await profilePart(connection, plan, to)), file: to };
  }
  return {
    parts: parts as SplitFiles['parts'],
    boundaries: boundaries?.at ?? null,
    ...(boundaries?.trainFrom === undefined ? {} : { trainFrom: boundaries.trainFrom }),
  };
}

async function boundariesOf(connection: DuckDBConnection, { split }: Plan, rows: string): Promise<Boundaries | null> {
  if (split.by === 'random') return null;
  if (split.trainUntil !== undefined && split.validationUntil !== undefined) return { at: [split.trainUntil, split.validationUntil] };
  const column = name(split.column);
  if (split.validationDays !== undefined && split.testDays !== undefined) {
    const [row] = (await connection.runAndReadAll(`select epoch_ms(max(${column})) as newest from (${rows})`)).getRowObjectsJson();
    return countedBack(Number(row?.['newest'] ?? 0), split.testDays, split.validationDays, split.trainDays);
  }
  const { train, validation } = split.shares ?? { train: 0.7, validation: 0.15 };
  // A quantile that exists in the data keeps rows of one moment together.
  const asked = `select epoch_ms(quantile_disc(${column}, ${train})) as a, epoch_ms(quantile_disc(${column}, ${Math.min(1, train + validation)})) as b from (${rows})`;
  const [row] = (await connection.runAndReadAll(asked)).getRowObjectsJson();
  return { at: [new Date(Number(row?.['a'] ?? 0)).toISOString(), new Date(Number(row?.['b'] ?? 0)).toISOString()] };
}

/** Whole UTC days; the day of the newest row is the last of the test days, however early in it that row lies. */
function countedBack(newest: number, testDays: number, validationDays: number, trainDays: number | undefined): Boundaries {
  const end = (Math.floor(newest / DAY_MS) + 1) * DAY_MS;
  const test = end - testDays * DAY_MS;
  const validation = test - validationDays * DAY_MS;
  return {
    at: [new Date(validation).toISOString(), new Date(test).toISOString()],
    ...(trainDays === undefined ? {} : { trainFrom: new Date(validation - trainDays * DAY_MS).toISOString() }),
  };
}

function conditions({ split }: Plan, boundaries: Boundaries | null): Record<Part, string> {
  if (split.by === 'time' && boundaries) {
    const column = name(split.column);
    const moment = (at: string) => `make_timestamp(${Date.parse(at) * 1000})`;
    const [first, second] = boundaries.at.map(moment);
    const from = boundaries.trainFrom === undefined ? '' : `${column} >= ${moment(boundaries.trainFrom)} and `;
    return {
      train: `${from}${column} < ${first}`,
      validation: `${column} >= ${first} and ${column} < ${second}`,
      test: `${column} >= ${second}`,
    };
  }
  if (split.by === 'time') throw new TypeError('a split by time has no boundaries');
  const { train, validation } = split.shares;
  // 53 bits of the hash of place and seed: a uniform number in [0, 1) that belongs to the row and not to the run.
  const drawn = `((hash("#", ${split.seed}) >> 11)::double / 9007199254740992)`;
  return {
    train: `${drawn} < ${train}`,
    validation: `${drawn} >= ${train} and ${drawn} < ${train + validation}`,
    test: `${drawn} >= ${train + validation}`,
  };
}

async function profilePart(connection: DuckDBConnection, plan: Plan, file: string): Promise<PartProfile> {
  const time = plan.split.by === 'time' ? name(plan.split.column) : undefined;
  const range = time ? `epoch_ms(min(${time})) as a, epoch_ms(max(${time})) as b` : 'null as a, null as b';
  const query = `select count(*) as n, count(*) filter (where ${name(targetOf(plan).name)}) as p, ${range} from read_parquet(${text(file)})`;
  const [row] = (await connection.runAndReadAll(query)).getRowObjectsJson();
  return { rows: Number(row?.['n'] ?? 0), positives: Number(row?.['p'] ?? 0), from: moment(row?.['a']), until: moment(row?.['b']) };
}

function moment(epochMs: unknown): string | null {
  return epochMs === null || epochMs === undefined ? null : new Date(Number(epochMs)).toISOString();
}
