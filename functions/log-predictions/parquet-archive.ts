import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { withDuckDB } from '#adapters/duckdb/database.ts';
import { writePredictionRows } from '#adapters/duckdb/prediction-rows.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import type { PredictionArchive, PredictionFile } from '#core/serving/index.ts';
import { withScratch } from '#functions/_stores/scratch.ts';

const PUTS_AT_ONCE = 16;

/** The prediction log in the bucket, as immutable Parquet files. */
export function parquetArchive(store: Pick<ObjectStore, 'putOnce'>): PredictionArchive {
  async function put({ key }: PredictionFile, path: string): Promise<void> {
    // A few megabytes at most, since a delivery is: from memory, so that the SDK can send it again.
    await store.putOnce(() => key, await readFile(path), 'application/vnd.apache.parquet');
    await unlink(path);
  }

  return {
    write: (files) =>
      withScratch((folder) =>
        withDuckDB({ folder, memoryMb: 256, threads: 1 }, async (connection) => {
          for (const alike of byTypes(files)) {
            const paths = alike.map((_, index) => join(folder, `${index}.parquet`));
            const putting = new Set<Promise<unknown>>();
            const failures: unknown[] = [];
            const written = alike.map(({ rows }, index) => ({ rows, path: paths[index] as string }));
            await writePredictionRows(connection, (alike[0] as PredictionFile).types, written, async (index) => {
              // While files go out, the next ones are written.
              if (putting.size >= PUTS_AT_ONCE) await Promise.race(putting);
              const going = put(alike[index] as PredictionFile, paths[index] as string)
                .catch((error: unknown) => failures.push(error))
                .finally(() => putting.delete(going));
              putting.add(going);
            });
            await Promise.all(putting);
            if (failures.length > 0) throw failures[0];
          }
        }),
      ),
  };
}

/** Files with the same columns, which can be written out of one table. */
function byTypes(files: readonly PredictionFile[]): Iterable<readonly PredictionFile[]> {
  const groups = new Map<string, PredictionFile[]>();
  for (const file of files) {
    const columns = JSON.stringify(file.types);
    const group = groups.get(columns);
    if (group) group.push(file);
    else groups.set(columns, [file]);
  }
  return groups.values();
}
