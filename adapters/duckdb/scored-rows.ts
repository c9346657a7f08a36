import type { DuckDBConnection } from '@duckdb/node-api';
import { type Plan, targetOf } from '#core/pipelines/index.ts';
import { name, text } from './sql.ts';

export interface RowChunk {
  readonly rows: number;
  /** Per feature: numbers as typed arrays where the type has one, texts as strings; datetimes are epoch seconds. */
  readonly columns: Readonly<Record<string, FeatureColumn>>;
  readonly labels: Uint8Array;
  /** Values of the segment columns as texts. */
  readonly segments: Readonly<Record<string, readonly string[]>>;
}

export type FeatureColumn = BigInt64Array | Float32Array | Uint8Array | string[];

/** An input of the model's graph, by its signature. */
export interface ModelInput {
  readonly name: string;
  readonly type: string;
  readonly onnx: 'int64' | 'float' | 'string' | 'bool';
}

/** Streams a part of the split in chunks of about `chunkRows` rows, with only the columns a model and the segments need. */
export async function* scoredRows(
  connection: DuckDBConnection,
  plan: Plan,
  features: readonly ModelInput[],
  file: string,
  chunkRows: number,
): AsyncGenerator<RowChunk> {
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

/** The column as the graph takes it: a missing float is NaN, a missing text empty, a missing moment the least 64-bit integer. */
function asInput({ name: column, type, onnx }: ModelInput): string {
  const quoted = name(column);
  const value = type === 'datetime' ? `floor(epoch_us(${quoted}) / 1000000.0)` : quoted;
  switch (onnx) {
    case 'float':
      return `cast(coalesce(cast(${value} as double), 'nan'::double) as float)`;
    case 'int64':
      return `coalesce(cast(${value} as bigint), ${type === 'datetime' ? '(-9223372036854775808)::bigint' : '0'})`;
    case 'bool':
      return `cast(coalesce(${value}, false) as utinyint)`;
    default:
      return `coalesce(cast(${value} as varchar), '')`;
  }
}

interface Vector {
  readonly getItem: (at: number) => unknown;
}

function gather(features: readonly ModelInput[], segments: readonly string[], capacity: number) {
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

function emptyColumn({ onnx }: ModelInput, room: number): Column {
  if (onnx === 'int64') return new BigInt64Array(room);
  if (onnx === 'float') return new Float32Array(room);
  return onnx === 'bool' ? new Uint8Array(room) : [];
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
