import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { v5 } from 'uuid';
import { DELAYS } from '../../support/delays-pipeline.ts';

/** The pipeline of the loop: the first version takes over at once, the next ones as canaries. */
export const PIPELINE = `${DELAYS}quality: { missing: 0.2 }
split: { by: time, column: date, shares: { train: 0.6, validation: 0.2, test: 0.2 } }
evaluation: { resamples: 50 }
gates:
  - { metric: auc, atLeast: 0.5, on: point }
deployment:
  model: delays
  strategy: canary
  canary: { steps: [{ share: 0.5, bakeMinutes: 1 }, { share: 1, bakeMinutes: 0 }], minRows: 5, minCalls: 1 }
environments:
  first:
    deployment: { model: delays, strategy: all-at-once }
`;

/** Rows whose answer the fixture's model partly knows; `count` makes another content of them. */
const rowsQuery = (count: number) => `
  select (200 + hash(i) % 2000)::integer as distance,
         case when i % 50 = 0 then null else (hash(i, 1) % 40)::double end as delay,
         case when i % 3 = 0 then 'SFO' else 'ATL' end as origin,
         i % 7 < 2 as weekend,
         timestamp '2001-01-01' + interval (i) minute as date,
         (hash(i, 1) % 40) + (hash(i, 2) % 40) > 40 as late
  from range(${count}) t(i)`;

/** Two versions of the dataset as Parquet. */
export async function datasetFiles(): Promise<readonly [Buffer, Buffer]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-chaos-rows-'));
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const file = async (count: number) => {
    await connection.run(`copy (${rowsQuery(count)}) to '${folder}/${count}.parquet' (format parquet)`);
    return readFile(`${folder}/${count}.parquet`);
  };
  const files = [await file(1000), await file(1001)] as const;
  connection.closeSync();
  database.closeSync();
  await rm(folder, { recursive: true, force: true });
  return files;
}

export const BATCH_CSV = `id,distance,delay,origin,weekend,date\n${Array.from(
  { length: 8 },
  (_, row) => `r${row},${300 + row},${row},SFO,true,2001-04-01 10:00:00`,
).join('\n')}\n`;

const ROWS_A_CALL = 20;
const NAMESPACE = '0d1c9a4e-6f0b-5c55-8d4e-3a1c4a5b6c7d';

/** The rows of one call, all of one hour of 2001-04-01, with ids of their own; `moved` miles away from the others'. */
export function predictionRows(loop: string, call: number, hour: number, moved = 0): readonly { readonly id: string }[] {
  return Array.from({ length: ROWS_A_CALL }, (_, row) => ({
    id: v5(`${loop}/${call}/${row}`, NAMESPACE),
    unit: `unit-${row}`,
    eventTime: new Date(Date.UTC(2001, 3, 1, hour, call % 60, row)).toISOString(),
    features: {
      distance: 300 + ((row * 37 + call * 11) % 400) + moved,
      delay: (row * 7 + call) % 40,
      origin: 'SFO',
      weekend: row % 2 === 0,
      date: '2001-04-01 10:00',
    },
  }));
}
