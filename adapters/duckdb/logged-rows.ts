import type { DuckDBConnection } from '@duckdb/node-api';
import { text } from './sql.ts';

export interface LoggedVersion {
  readonly versionId: string;
  readonly version: number;
  readonly rows: number;
}

/** Rows of the prediction log that each version answered, most first. */
export async function loggedVersions(connection: DuckDBConnection, files: readonly string[]): Promise<readonly LoggedVersion[]> {
  if (files.length === 0) return [];
  const reader = await connection.runAndReadAll(
    `select version_id, any_value(version), count(*)::double from ${rowsOf(files)} group by version_id order by 3 desc, 1`,
  );
  return reader
    .getRows()
    .map(([versionId, version, rows]) => ({ versionId: String(versionId), version: Number(version), rows: Number(rows) }));
}

/** The ids of the rows, in portions. */
export async function* loggedIds(connection: DuckDBConnection, files: readonly string[], portion: number): AsyncGenerator<string[]> {
  if (files.length === 0) return;
  const result = await connection.stream(`select distinct id from ${rowsOf(files)}`);
  let ids: string[] = [];
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const id of chunk.getColumnValues(0)) ids.push(String(id));
    while (ids.length >= portion) {
      yield ids.slice(0, portion);
      ids = ids.slice(portion);
    }
  }
  if (ids.length > 0) yield ids;
}

function rowsOf(files: readonly string[]): string {
  // Files of different versions have different features; these columns they all have.
  return `read_parquet([${files.map(text).join(', ')}], union_by_name = true)`;
}
