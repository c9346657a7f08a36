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

/** Flights of April and May, of which the traffic is a share. */
const SPRING_FLIGHTS = 1_019_861;

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
  /** What a tenant knows on the day `before`, as Parquet; the same rows give the same bytes. */
  dataset(world: World, before: string): Promise<ParquetFile>;
  /** A sample of the flights from one day to before another, in the order of their departure. */
  traffic(from: string, before: string): Promise<readonly Flight[]>;
}

export interface FlightRowsProps {
  /** Where Parquet files are written. */
  readonly folder: string;
  /** Keeps one row in so many of the datasets; 1 keeps all. */
  readonly everyNth: number;
  /** About how many of April's and May's flights are traffic; the other months have the same share. */
  readonly trafficRows: number;
}

/** US flights of January to June 2001, as the npm package vega-datasets carries them. */
export async function flightRows({ folder, everyNth, trafficRows }: FlightRowsProps): Promise<FlightRows> {
  await mkdir(folder, { recursive: true });
  const source = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));
  const numbered = `(select *, file_row_number from read_parquet('${source}', file_row_number = true))`;
  const columns = `date, distance::integer as distance, origin, destination, ${LATE} as late`;
  // One thread: a parallel writer would order the row groups differently from run to run.
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });

  return {
    async dataset(world, before) {
      const path = join(folder, `flights-${world}-${before}-${everyNth}.parquet`);
      const served = `(date >= timestamp '2001-04-01' or (origin not in (${WESTERN}) and destination not in (${WESTERN})))`;
      const connection = await database.connect();
      await connection.run(`copy (select ${columns} from ${numbered}
          where date < timestamp '${before}' and file_row_number % ${everyNth} = 0 ${world === 'growing' ? `and ${served}` : ''}
          order by date, origin, destination, distance, late)
        to '${path}' (format parquet, compression zstd, row_group_size 100000)`);
      const counted = await connection.runAndReadAll(`select count(*)::integer as rows from read_parquet('${path}')`);
      connection.closeSync();
      return { path, sha256: await sha256Of(path), bytes: (await stat(path)).size, rows: Number(counted.getRowObjects()[0]?.['rows']) };
    },
    async traffic(from, before) {
      const connection = await database.connect();
      // From April on both tenants serve every airport, so the rows are the same for both.
      const read = await connection.runAndReadAll(`select strftime(date, '%Y-%m-%dT%H:%M:%SZ') as date, distance, origin, destination, late
        from (select ${columns}, file_row_number from ${numbered}
          where date >= timestamp '${from}' and date < timestamp '${before}'
            and hash(file_row_number) % ${SPRING_FLIGHTS} < ${trafficRows})
        order by date, origin, destination, distance, file_row_number`);
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
