import { Tensor } from 'onnxruntime-node';
import { MISSING_INT64, type SignatureInput } from '#core/serving/index.ts';

/** A column as callers have it: packed already, or plain values in which `null` is missing. */
export type GivenColumn = Float32Array | BigInt64Array | Uint8Array | readonly unknown[];

/** One input's tensor of shape [rows, 1]. Packed columns are taken as they are, without a copy. */
export function toTensor(input: SignatureInput, column: GivenColumn | undefined, rows: number): Tensor {
  if (column === undefined) throw new TypeError(`No column for the input "${input.name}"`);
  if (column.length !== rows) throw new RangeError(`The column "${input.name}" has ${column.length} values for ${rows} rows`);
  const shape = [rows, 1];
  switch (input.onnx) {
    case 'float':
      return new Tensor('float32', column instanceof Float32Array ? column : Float32Array.from(column, toFloat), shape);
    case 'int64':
      return new Tensor(
        'int64',
        column instanceof BigInt64Array ? column : BigInt64Array.from(column as readonly unknown[], toInt64),
        shape,
      );
    case 'bool':
      return new Tensor('bool', column instanceof Uint8Array ? column : Uint8Array.from(column, (value) => (value ? 1 : 0)), shape);
    case 'string':
      return new Tensor('string', (column as readonly unknown[]).map(toText), shape);
  }
}

function toFloat(value: unknown): number {
  return value === null || value === undefined ? Number.NaN : Number(value);
}

function toInt64(value: unknown): bigint {
  if (value === null || value === undefined) return MISSING_INT64;
  if (value instanceof Date) return BigInt(Math.floor(value.getTime() / 1000));
  return BigInt(value as number | bigint);
}

function toText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
