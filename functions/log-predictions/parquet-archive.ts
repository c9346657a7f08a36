import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDuckDB } from '#adapters/duckdb/database.ts';
import { writePredictionRows } from '#adapters/duckdb/prediction-rows.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import type { PredictionArchive } from '#core/serving/index.ts';
import { withScratch } from '#functions/_stores/scratch.ts';

/** The prediction log in the bucket, one immutable Parquet file at a time. */
export function parquetArchive(store: Pick<ObjectStore, 'putOnce'>): PredictionArchive {
  return {
    write: (file, rows) =>
      withScratch(async (folder) => {
        const path = join(folder, 'rows.parquet');
        await withDuckDB({ folder, memoryMb: 256, threads: 1 }, (connection) => writePredictionRows(connection, file, rows, path));
        // A few megabytes at most, since a delivery is: from memory, so that the SDK can send it again.
        await store.putOnce(() => file.key, await readFile(path), 'application/vnd.apache.parquet');
      }),
  };
}
