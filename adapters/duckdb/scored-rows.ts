import type { DuckDBConnection } from '@duckdb/node-api';
import { featuresOf, type Plan, type PlanColumn, targetOf } from '#core/pipelines/index.ts';
import { name, text } from './sql.ts';

export interface RowChunk {
  readonly rows: number;
  /** Per feature: numbers as typed arrays where the type has one, texts as strings; datetimes are epoch seconds. */
  readonly columns: Readonly<Record<string, FeatureColumn>>;
  readonly labels: Uint8Array;
  /** Values of the segment columns as texts. */
  readonly segments: Readonly<Record<string, readonly string[]>>;
}

export type FeatureColumn = BigInt64Array | Float32Array | Uint8Array | readonly string[];

/** Streams a part of the split in chunks of about `chunkRows` rows, with only the columns a model and the segments need. */
export async function* scoredRows(connection: DuckDBConnection, plan: Plan, file: string, chunkRows: number): AsyncGenerator<RowChunk> {
  const features = featuresOf(plan);
  const target = targetOf(plan);
  const segments = plan.evaluation.segments;
  const selected = [
    ...features.map(asInput),
    `cast(${name(target.name)} as utinyint)`,
    ...segments.map((column) => `coalesce(cast(${name(column)} as varchar), '')`),
  ];
  const result = await connection.stream(`select ${selected.join(', ')} from read_parquet(${text(file)})`);
  let gathered = gather(features, segments, chunkRows);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    if (gathered.rows + chunk.rowCount > chunkRows && gathered.rows > 0) {
      yield gathered.done();
      gathered = gather(features, segments, chunkRows);
    }
    gathered.add(chunk.rowCount, (at) => chunk.getColumnVector(at));
  }
  if (gathered.rows > 0) yield gathered.done();
}

/** The column in the type the ONNX graph takes; a missing number is NaN and a missing text empty, as the graph expects them. */
function asInput({ name: column, type }: PlanColumn): string {
  const quoted = name(column);
  switch (type) {
    case 'integer':
      return `coalesce(${quoted}, 0)`;
    case 'number':
      return `cast(coalesce(${quoted}, 'nan'::double) as float)`;
    case 'datetime':
      return `coalesce(epoch_us(${quoted}) // 1000000, 0)`;
    case 'boolean':
      return `cast(coalesce(${quoted}, false) as utinyint)`;
    default:
      return `coalesce(${quoted}, '')`;
  }
}

interface Vector {
  readonly getItem: (at: number) => unknown;
}

function gather(features: readonly PlanColumn[], segments: readonly string[], capacity: number) {
  const room = capacity + 2048;
  const columns = features.map((feature) => emptyColumn(feature, room));
  const labels = new Uint8Array(room);
  const segmentValues = segments.map((): string[] => []);
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    add(count: number, vectorAt: (column: number) => Vector) {
      columns.forEach((column, at) => {
        fill(column, rows, count, vectorAt(at));
      });
      fill(labels, rows, count, vectorAt(features.length));
      segmentValues.forEach((values, at) => {
        fill(values, rows, count, vectorAt(features.length + 1 + at));
      });
      rows += count;
    },
    done(): RowChunk {
      return {
        rows,
        columns: Object.fromEntries(features.map((feature, at) => [feature.name, cut(columns[at] as Column, rows)])),
        labels: labels.slice(0, rows),
        segments: Object.fromEntries(segments.map((column, at) => [column, segmentValues[at] ?? []])),
      };
    },
  };
}

type Column = BigInt64Array | Float32Array | Uint8Array | string[];

function emptyColumn({ type }: PlanColumn, room: number): Column {
  if (type === 'integer' || type === 'datetime') return new BigInt64Array(room);
  if (type === 'number') return new Float32Array(room);
  return type === 'boolean' ? new Uint8Array(room) : [];
}

function fill(column: Column, from: number, count: number, vector: Vector): void {
  const items = (vector as unknown as { readonly items?: ArrayLike<unknown> }).items;
  if (!Array.isArray(column) && items instanceof column.constructor) {
    (column as { set(values: ArrayLike<unknown>, offset: number): void }).set((items as Uint8Array).subarray(0, count), from);
    return;
  }
  for (let at = 0; at < count; at += 1) (column as unknown[])[from + at] = vector.getItem(at);
}

function cut(column: Column, rows: number): FeatureColumn {
  return Array.isArray(column) ? column : column.subarray(0, rows);
}
