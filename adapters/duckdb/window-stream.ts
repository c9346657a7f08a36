import type { DuckDBConnection } from '@duckdb/node-api';

export interface ColumnChunk {
  readonly rows: number;
  /** Doubles as typed arrays, no null among them; other types value by value. */
  readonly columns: readonly (Float64Array | readonly unknown[])[];
}

/** The result of a query chunk by chunk, columns of doubles without a copy into JavaScript values. */
export async function* streamed(connection: DuckDBConnection, sql: string): AsyncGenerator<ColumnChunk> {
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const rows = chunk.rowCount;
    const columns = Array.from({ length: chunk.columnCount }, (_, at) => {
      const vector = chunk.getColumnVector(at);
      const { items } = vector as unknown as { readonly items?: unknown };
      return items instanceof Float64Array ? items.subarray(0, rows) : Array.from({ length: rows }, (_each, row) => vector.getItem(row));
    });
    yield { rows, columns };
  }
}

/** A list of doubles that grows by doubling. */
export function floats() {
  let held = new Float64Array(4_096);
  let length = 0;
  return {
    add(values: ArrayLike<number>, count: number) {
      if (length + count > held.length) {
        const larger = new Float64Array(Math.max(held.length * 2, length + count));
        larger.set(held.subarray(0, length));
        held = larger;
      }
      held.set(values, length);
      length += count;
    },
    done: () => held.subarray(0, length),
  };
}
