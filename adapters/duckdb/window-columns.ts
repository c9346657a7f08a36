import type { DuckDBConnection } from '@duckdb/node-api';
import { type ColumnProfile, categoricalProfile, numericProfile } from '#core/drift/index.ts';
import type { SignatureInput } from '#core/serving/index.ts';
import { name } from './sql.ts';
import { floats, streamed } from './window-stream.ts';

const HOURS = 24;
const DAYS = 7;

type Feature = Pick<SignatureInput, 'name' | 'type' | 'onnx'>;

/**
 * A feature as the model sees it, because that is what training profiled: what travels as a 32-bit float is one, or equal numbers
 * would differ in their last digits. What is not a finite number is missing.
 */
export function asSeen({ type, onnx }: Feature, column: string): string {
  switch (type) {
    case 'datetime':
      return `cast(floor(epoch_us(try_cast(${column} as timestamp)) / 1000000.0) as double)`;
    case 'category':
      return `nullif(cast(${column} as varchar), '')`;
    case 'boolean':
      return `try_cast(${column} as boolean)`;
    default: {
      const number = onnx === 'float' ? `cast(try_cast(${column} as float) as double)` : `try_cast(${column} as double)`;
      return `case when isfinite(${number}) then ${number} end`;
    }
  }
}

/** @param at the position of the column among the features, see `gather` */
export async function columnProfile(connection: DuckDBConnection, { type }: Feature, at: number): Promise<ColumnProfile> {
  const column = `f${at}`;
  switch (type) {
    case 'category':
    case 'boolean':
      return categories(connection, column);
    case 'datetime':
      return moments(connection, column);
    default: {
      const { values, counts, missing } = await countedNumbers(connection, column);
      return numericProfile(values, counts, missing);
    }
  }
}

/** The distinct values of a column in rising order and how often each is there. Minus zero is zero. */
export async function countedNumbers(connection: DuckDBConnection, column: string) {
  const values = floats();
  const counts = floats();
  const quoted = name(column);
  const sql = `select cast(${quoted} + 0.0 as double) as value, count(*)::double as rows from window_row where ${quoted} is not null group by 1 order by 1`;
  for await (const { columns, rows } of streamed(connection, sql)) {
    values.add(columns[0] as Float64Array, rows);
    counts.add(columns[1] as Float64Array, rows);
  }
  return { values: values.done(), counts: counts.done(), missing: await missingIn(connection, column) };
}

async function categories(connection: DuckDBConnection, column: string): Promise<ColumnProfile> {
  const read = await connection.runAndReadAll(
    `select cast(${column} as varchar) as value, count(*)::double as rows from window_row where ${column} is not null group by 1`,
  );
  const counts = new Map(read.getRows().map(([value, rows]) => [String(value), Number(rows)]));
  return categoricalProfile(counts, await missingIn(connection, column));
}

async function moments(connection: DuckDBConnection, column: string): Promise<ColumnProfile> {
  // Seconds since 1970, which was a Thursday; Monday is 0. Flooring keeps times before 1970 right.
  const read = await connection.runAndReadAll(
    `select floor(${column} / 3600)::bigint as hour, min(${column}) as low, max(${column}) as high, count(*)::double as rows
     from window_row where ${column} is not null group by 1 order by 1`,
  );
  const hourOfDay = new Array<number>(HOURS).fill(0);
  const dayOfWeek = new Array<number>(DAYS).fill(0);
  let count = 0;
  let [min, max]: [number | null, number | null] = [null, null];
  for (const [hour, low, high, rows] of read.getRows()) {
    const at = ((Number(hour) % HOURS) + HOURS) % HOURS;
    const day = (((Math.floor(Number(hour) / HOURS) + 3) % DAYS) + DAYS) % DAYS;
    hourOfDay[at] = (hourOfDay[at] as number) + Number(rows);
    dayOfWeek[day] = (dayOfWeek[day] as number) + Number(rows);
    count += Number(rows);
    min ??= Number(low);
    max = Number(high);
  }
  return { kind: 'datetime', count, missing: await missingIn(connection, column), min, max, hourOfDay, dayOfWeek };
}

async function missingIn(connection: DuckDBConnection, column: string): Promise<number> {
  const read = await connection.runAndReadAll(`select (count(*) - count(${name(column)}))::double as missing from window_row`);
  return Number(read.getRows()[0]?.[0] ?? 0);
}
