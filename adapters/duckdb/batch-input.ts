import { createReadStream } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { csvRows, type GivenColumn } from '#core/batch/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import type { FeatureType } from '#core/serving/index.ts';
import { columnTypesOf } from './column-types.ts';
import { unreadable } from './dataset-file.ts';
import { name, text } from './sql.ts';

/** The caller's own name of a row, handed back with its answer. */
export const ID_COLUMN = 'id';

/** The columns a Parquet file declares; `batch_unreadable` when it is none. */
export async function parquetColumns(connection: DuckDBConnection, file: string): Promise<GivenColumn[]> {
  const described = await reading(() =>
    connection.runAndReadAll(`describe select * from read_parquet(${text(file)}, file_row_number = true)`),
  );
  return described
    .getRowObjectsJson()
    .map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }))
    .filter((column) => column.name !== 'file_row_number')
    .map((column) => ({ ...column, fits: columnTypesOf(column.type) as readonly FeatureType[] }));
}

export async function countParquetRows(connection: DuckDBConnection, file: string): Promise<number> {
  const counted = await reading(() => connection.runAndReadAll(`select count(*) as n from read_parquet(${text(file)})`));
  return Number(counted.getRowObjectsJson()[0]?.['n'] ?? 0);
}

export interface CsvAsParquet {
  readonly columns: readonly GivenColumn[];
  readonly rows: number;
}

/**
 * Writes the wanted columns of a CSV as a Parquet of texts, row for row. Read by our own reader: DuckDB's skips what it takes for a
 * preamble and drops what it cannot read, and a batch answers every row.
 * @param admit told the columns before a row is read, and then how many rows there are so far; what it throws refuses the file
 */
export async function csvToParquet(
  connection: DuckDBConnection,
  file: string,
  wanted: ReadonlySet<string>,
  to: string,
  admit: { columns(columns: readonly GivenColumn[]): void; rows(rows: number): void },
): Promise<CsvAsParquet> {
  const rows = csvRows(textsOf(file));
  const first = await rows.next();
  if (first.done) throw new TypeError('a CSV without a header was not refused');
  const columns = first.value.fields.map((column): GivenColumn => ({ name: column, type: 'text' }));
  admit.columns(columns);
  const taken = columns.flatMap((column, at) => (wanted.has(column.name) ? [{ name: column.name, at }] : []));
  await connection.run(`create temp table given (${taken.map((column) => `${name(column.name)} varchar`).join(', ')})`);
  const appender = await connection.createAppender('given', undefined, 'temp');
  let count = 0;
  for await (const { fields } of rows) {
    for (const { at } of taken) appender.appendVarchar(fields[at] ?? '');
    appender.endRow();
    count += 1;
    if (count % ROWS_BETWEEN_CHECKS === 0) admit.rows(count);
  }
  appender.closeSync();
  admit.rows(count);
  await connection.run(`copy given to ${text(to)} (format parquet, compression zstd)`);
  await connection.run('drop table given');
  return { columns, rows: count };
}

const ROWS_BETWEEN_CHECKS = 10_000;

async function* textsOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Buffer) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new DomainError({ code: 'batch_unreadable', reason: 'the file is not UTF-8' }, { cause });
    }
  };
  for await (const bytes of createReadStream(file, { highWaterMark: 256 * 1024 })) yield decode(bytes as Buffer);
  yield decode();
}

async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const { failure } = unreadable(error);
    throw new DomainError(
      { code: 'batch_unreadable', reason: failure.code === 'dataset_unreadable' ? failure.reason : '' },
      { cause: error },
    );
  }
}
