import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { ParquetFile } from '../../examples/flights/rows.ts';

/** Small data with a signal, as one SQL projection over `i` (0 to rows − 1) and `u`, `v` (uniform, the same on every run). */
export async function madeRows(folder: string, name: string, projection: string, rows = 6_000): Promise<ParquetFile> {
  const path = join(folder, `${name}.parquet`);
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run(`copy (
    select ${projection}
    from (select i, (hash(i) % 10007) / 10007.0 as u, (hash(i + 777) % 10009) / 10009.0 as v from range(${rows}) t(i))
    order by i) to '${path}' (format parquet)`);
  connection.closeSync();
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return { path, sha256, bytes: (await stat(path)).size, rows };
}

export const GOOD_ROWS = `timestamp '2001-01-01' + interval (i) minute as at, (u * 100)::integer as size,
  case when v < 0.5 then 'red' else 'blue' end as colour, (u + v / 4 > 0.6) as hit`;

/** A pipeline over those rows that is as short as it can be. */
export function smallPipeline(
  change: {
    readonly training?: string;
    readonly gates?: string;
    readonly approval?: string;
    readonly name?: string;
    /** Beside the model's name. */
    readonly deployment?: string;
  } = {},
): string {
  return `
pipeline: ${change.name ?? 'small'}
dataset: small
schema:
  at: { type: datetime, role: time }
  size: { type: integer, min: 0, max: 100 }
  colour: { type: category }
  hit: { type: boolean, role: target }
quality: { duplicates: 1 }
split: { by: time, column: at, shares: { train: 0.6, validation: 0.2, test: 0.2 } }
training: ${change.training ?? '{ algorithm: logistic_regression }'}
gates: ${change.gates ?? '[{ metric: auc, atLeast: 0.6 }]'}
approval: ${change.approval ?? '{ required: false }'}
deployment: { model: ${change.name ?? 'small'}${change.deployment === undefined ? '' : `, ${change.deployment}`} }
`;
}
