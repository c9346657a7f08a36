import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnProfile, DatasetProfile, FileColumn } from '#core/data/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { type Plan, type PlanColumn, targetOf } from '#core/pipelines/index.ts';
import { columnTypesOf } from './column-types.ts';
import { missing, outOfRange, preparedRows } from './prepared-rows.ts';
import { name, text } from './sql.ts';

/** The columns a Parquet file declares; `dataset_unreadable` when it is none. */
export async function fileColumns(connection: DuckDBConnection, file: string): Promise<FileColumn[]> {
  try {
    const described = await connection.runAndReadAll(`describe select * from read_parquet(${text(file)})`);
    return described
      .getRowObjectsJson()
      .map((row) => ({ name: textOrNull(row['column_name']) ?? '', type: textOrNull(row['column_type']) ?? '' }))
      .map((column) => ({ ...column, fits: columnTypesOf(column.type) }));
  } catch (error) {
    throw unreadable(error);
  }
}

/** Everything the quality rules ask about, in two passes over the file. The columns must have passed `compareSchema`. */
export async function profileDataset(
  connection: DuckDBConnection,
  plan: Plan,
  file: string,
  columns: readonly FileColumn[],
): Promise<DatasetProfile> {
  const { checked } = preparedRows(plan, file, typesOf(columns));
  const target = name(targetOf(plan).name);
  const kept = `"#reason" = '' and "#keep"`;
  const selected = [
    'count(*) as "#rows"',
    `count(*) filter (where "#reason" <> '') as "#quarantined"`,
    `count(*) filter (where "#reason" = '' and not "#keep") as "#filtered"`,
    `count(*) filter (where ${kept}) as "#kept"`,
    `count(*) filter (where ${kept} and ${target}) as "#positives"`,
    plan.quality.freshness ? `epoch_ms(max(${name(plan.quality.freshness.column)})) as "#newest"` : 'null as "#newest"',
    ...plan.columns.flatMap((column, at) => columnAggregates(column, at)),
  ];
  try {
    const [row] = (await connection.runAndReadAll(`select ${selected.join(', ')} from (${checked})`)).getRowObjectsJson();
    const counts = (key: string) => Number(row?.[key] ?? 0);
    return {
      rows: counts('#rows'),
      quarantined: counts('#quarantined'),
      filtered: counts('#filtered'),
      kept: counts('#kept'),
      positives: counts('#positives'),
      newest: row?.['#newest'] === null || row?.['#newest'] === undefined ? null : Number(row['#newest']),
      duplicates: await repeated(
        connection,
        checked,
        plan.columns.filter((column) => !column.derived).map((column) => column.name),
      ),
      repeatedKeys: plan.quality.unique ? await repeated(connection, checked, plan.quality.unique) : 0,
      columns: plan.columns.map(
        (column, at): ColumnProfile => ({
          name: column.name,
          missing: counts(`missing${at}`),
          outOfRange: counts(`outside${at}`),
          min: textOrNull(row?.[`min${at}`]),
          max: textOrNull(row?.[`max${at}`]),
          distinct: counts(`distinct${at}`),
        }),
      ),
    };
  } catch (error) {
    throw unreadable(error);
  }
}

/** Writes the rows that were set aside, each with its reason and its place in the file. */
export async function writeQuarantine(
  connection: DuckDBConnection,
  plan: Plan,
  file: string,
  columns: readonly FileColumn[],
  to: string,
): Promise<void> {
  const { checked } = preparedRows(plan, file, typesOf(columns));
  const kept = plan.columns.map((column) => name(column.name)).join(', ');
  await connection.run(
    `copy (select "#" as row_number, "#reason" as reason, ${kept} from (${checked}) where "#reason" <> '') to ${text(to)} (format parquet, compression snappy)`,
  );
}

function columnAggregates(column: PlanColumn, at: number): string[] {
  const quoted = name(column.name);
  return [
    `count(*) filter (where ${missing(column)}) as missing${at}`,
    `count(*) filter (where ${outOfRange(column)}) as outside${at}`,
    `left(cast(min(${quoted}) as varchar), 200) as min${at}`,
    `left(cast(max(${quoted}) as varchar), 200) as max${at}`,
    column.type === 'category' ? `approx_count_distinct(${quoted}) as distinct${at}` : `0 as distinct${at}`,
  ];
}

/** Rows beyond the first of each distinct combination, by 64-bit hash: a false repeat has a chance of n²/2⁶⁵. */
async function repeated(connection: DuckDBConnection, rows: string, columns: readonly string[]): Promise<number> {
  const hash = `hash(${columns.map(name).join(', ')})`;
  const counted = await connection.runAndReadAll(`select count(*) - count(distinct ${hash}) as repeated from (${rows})`);
  return Number(counted.getRowObjectsJson()[0]?.['repeated'] ?? 0);
}

export function typesOf(columns: readonly FileColumn[]): ReadonlyMap<string, string> {
  return new Map(columns.map((column) => [column.name, column.type]));
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** What DuckDB says about a broken file names our folder; the first sentence without it is what a person can use. */
export function unreadable(error: unknown): DomainError {
  const said = error instanceof Error ? error.message : String(error);
  const sentence = (said.split('\n', 1)[0] ?? said).replaceAll(/(file )?'?\/[\w./-]+'?/g, 'the file').slice(0, 300);
  return new DomainError(
    {
      code: 'dataset_unreadable',
      reason: /magic bytes|too small to be a Parquet/i.test(said) ? `the file is no Parquet: ${sentence}` : sentence,
    },
    { cause: error },
  );
}
