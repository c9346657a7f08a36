import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** What the flights' models take, as their signatures say. */
export const FLIGHT_FEATURES = [
  { name: 'date', type: 'datetime', onnx: 'int64' },
  { name: 'distance', type: 'integer', onnx: 'int64' },
  { name: 'origin', type: 'category', onnx: 'string' },
  { name: 'destination', type: 'category', onnx: 'string' },
] as const;

const SOURCE = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));

/** The airports that the tenant `growing` does not serve before April. */
const WESTERN = "('LAX','SFO','SEA','PHX','LAS','DEN','SAN','PDX','SLC','OAK','SJC','SMF','ONT','SNA','BUR','RNO','TUS','ABQ')";

export const NO_WEST = `origin not in ${WESTERN} and destination not in ${WESTERN}`;

/**
 * Writes real flights as files of a prediction log. The score is made from the hour and the distance alone, so that it is the same
 * on every machine.
 *
 * @param where which of the flights, in SQL; `n` is their number in the source
 * @param files into how many they are dealt
 */
export async function writeFlightWindow(folder: string, prefix: string, where: string, files = 1): Promise<string[]> {
  return withConnection(async (connection) => {
    const paths = Array.from({ length: files }, (_, at) => `${folder}/${prefix}-${at}.parquet`);
    await connection.run(`create temp table flight as select 'p' || n as id, 1 as version, 'v1' as version_id, 'champion' as arm,
      null::varchar as unit, date as event_time, date as received_at, false as label,
      least(0.95, greatest(0.05, 0.1 + hour(date) * 0.012 + distance / 20000.0 + (n % 97) / 1000.0)) as score,
      date as feature_date, distance as feature_distance, origin as feature_origin, destination as feature_destination
      from (select *, file_row_number as n from read_parquet('${SOURCE}', file_row_number = true)) where ${where}`);
    for (const [at, path] of paths.entries()) {
      await rm(path, { force: true });
      await connection.run(`copy (select * from flight where hash(id) % ${files} = ${at}) to '${path}' (format parquet, compression zstd)`);
    }
    return paths;
  });
}

/** Whether each of those flights was late, by prediction id. */
export async function flightLabels(where: string): Promise<Map<string, boolean>> {
  return withConnection(async (connection) => {
    const read = await connection.runAndReadAll(`select 'p' || n, delay >= 15
      from (select *, file_row_number as n from read_parquet('${SOURCE}', file_row_number = true)) where ${where}`);
    return new Map(read.getRows().map(([id, late]) => [String(id), late === true]));
  });
}

async function withConnection<Result>(use: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
