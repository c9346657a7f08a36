import { withDuckDB } from '#adapters/duckdb/database.ts';
import { type RowChunk, scoredRows } from '#adapters/duckdb/scored-rows.ts';
import type { OnnxModel } from '#adapters/onnx/onnx-model.ts';
import type { Plan } from '#core/pipelines/index.ts';

export interface ScoredRows {
  readonly labels: Uint8Array;
  readonly scores: Float32Array;
  readonly segments: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds of single rows, in the order they were tried. */
  readonly latencies: readonly number[];
}

const CHUNK_ROWS = 20_000;
/** The first calls pay for caches and pages; they are not what a caller meets later. */
const WARM_UP = 20;
const TIMED_ROWS = 300;

export interface ScoringPlace {
  readonly folder: string;
  readonly memoryMb: number;
  readonly threads: number;
}

/** The model's score of every row of a Parquet file, and how long single rows take. */
export async function scoreRows(model: OnnxModel, plan: Plan, file: string, rows: number, place: ScoringPlace): Promise<ScoredRows> {
  const labels = new Uint8Array(rows);
  const scores = new Float32Array(rows);
  const segments: Record<string, string[]> = Object.fromEntries(plan.evaluation.segments.map((column) => [column, []]));
  const latencies: number[] = [];
  let done = 0;
  await withDuckDB(place, async (connection) => {
    for await (const chunk of scoredRows(connection, plan, model.signature.inputs, file, CHUNK_ROWS)) {
      if (done + chunk.rows > rows) throw new Error(`the part has more than the ${rows} rows it was written with`);
      if (done === 0) latencies.push(...(await timeSingleRows(model, chunk)));
      const { probabilities } = await model.predict(chunk.columns, chunk.rows);
      scores.set(probabilities, done);
      labels.set(chunk.labels, done);
      for (const [column, values] of Object.entries(chunk.segments)) {
        for (const value of values) segments[column]?.push(value);
      }
      done += chunk.rows;
    }
  });
  if (done !== rows) throw new Error(`the part has ${done} rows, it was written with ${rows}`);
  return { labels, scores, segments, latencies };
}

async function timeSingleRows(model: OnnxModel, chunk: RowChunk): Promise<number[]> {
  const took: number[] = [];
  for (let at = 0; at < WARM_UP + TIMED_ROWS; at += 1) {
    const row = at % chunk.rows;
    const columns = Object.fromEntries(Object.entries(chunk.columns).map(([name, column]) => [name, column.slice(row, row + 1)]));
    const begun = performance.now();
    await model.predict(columns, 1);
    if (at >= WARM_UP) took.push(performance.now() - begun);
  }
  return took;
}
