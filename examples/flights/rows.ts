import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

/** The airports that `growing` does not serve before April 2001. */
const WESTERN = 'LAX SFO SEA PHX LAS DEN SAN PDX SLC OAK SJC SMF ONT SNA BUR RNO TUS ABQ'
  .split(' ')
  .map((airport) => `'${airport}'`)
  .join(', ');

/** Which flights a tenant sees: all of them, or those without the western airports until April. */
export type World = 'growing' | 'steady';

/** Late means 15 minutes or more, as the US Department of Transportation counts it. */
const LATE = 'delay >= 15';

export interface ParquetFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
}

export interface Flight {
  readonly date: string;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly late: boolean;
}

export interface FlightRows {
  /** January to March of one tenant as Parquet; the same rows give the same bytes. */
  firstQuarter(tenant: World): Promise<ParquetFile>;
  /** The first `count` flights of April, in the order of their departure. */
  april(tenant: World, count: number): Promise<readonly Flight[]>;
}

/**
 * US flights of January to June 2001, as the npm package vega-datasets carries them.
 *
 * @param folder where Parquet files are written
 * @param everyNth keeps one row in so many, for tests; 1 keeps all
 */
export async function flightRows(folder: string, everyNth = 1): Promise<FlightRows> {
  await mkdir(folder, { recursive: true });
  const source = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));
  // One thread: a parallel writer would order the row groups differently from run to run.
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const flights = (tenant: World, where: string) => `
    select date, distance::integer as distance, origin, destination, ${LATE} as late
    from (select *, file_row_number from read_parquet('${source}', file_row_number = true))
    where ${where} and file_row_number % ${everyNth} = 0
      ${tenant === 'growing' ? `and (date >= timestamp '2001-04-01' or (origin not in (${WESTERN}) and destination not in (${WESTERN})))` : ''}`;
  return {
    async firstQuarter(tenant) {
      const path = join(folder, `flights-${tenant}-${everyNth}.parquet`);
      const connection = await database.connect();
      await connection.run(`copy (${flights(tenant, `date < timestamp '2001-04-01'`)} order by date, origin, destination, distance, late)
        to '${path}' (format parquet, compression zstd, row_group_size 100000)`);
      const counted = await connection.runAndReadAll(`select count(*)::integer as rows from read_parquet('${path}')`);
      connection.closeSync();
      return { path, sha256: await sha256Of(path), bytes: (await stat(path)).size, rows: Number(counted.getRowObjects()[0]?.['rows']) };
    },
    async april(tenant, count) {
      const connection = await database.connect();
      const april = `date >= timestamp '2001-04-01' and date < timestamp '2001-05-01'`;
      const read = await connection.runAndReadAll(`select strftime(date, '%Y-%m-%dT%H:%M:%SZ') as date, distance, origin, destination, late
        from (${flights(tenant, april)}) order by date, origin, destination, distance limit ${count}`);
      connection.closeSync();
      return read.getRowObjects() as unknown as Flight[];
    },
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
