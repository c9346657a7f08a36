import { DomainError, type FeatureIssue, nearest } from '#core/kernel/index.ts';
import { epochSeconds } from './instant.ts';
import type { Signature, SignatureInput } from './signature.ts';

export type FeatureValue = string | number | boolean | null;
export type Features = Readonly<Record<string, FeatureValue>>;

/** One input's values, as the graph takes them: `float`, `int64`, `bool`, `string`. */
export type Column = Float32Array | BigInt64Array | Uint8Array | string[];
export type Columns = Readonly<Record<string, Column>>;

/** How the graph is told that a time is missing; a missing number is NaN, a missing category the empty string. */
export const MISSING_INT64 = -(2n ** 63n);

const LONGEST_CATEGORY = 1024;
const LARGEST_FLOAT32 = 3.4028234663852886e38;
const MOST_ISSUES = 1000;

/**
 * Rows of features as one column per input of the graph, every value checked.
 *
 * @throws {DomainError} `features_invalid` with every problem of every row, up to the first thousand
 */
export function packRows(signature: Signature, rows: readonly Features[]): Columns {
  const { columns, issues } = packEach(signature, rows);
  if (issues.length > 0) throw new DomainError({ code: 'features_invalid', issues: issues.slice(0, MOST_ISSUES) });
  return columns;
}

/**
 * The same, but what is wrong with a row refuses that row alone: a row with an issue holds something missing in every column that
 * could not be filled, and is not for scoring. The issues come in the order of the rows.
 */
export function packEach(
  signature: Signature,
  rows: readonly Features[],
): { readonly columns: Columns; readonly issues: readonly FeatureIssue[] } {
  const issues: FeatureIssue[] = [];
  const known = new Uint32Array(rows.length);
  const columns: Record<string, Column> = {};
  for (const input of signature.inputs) columns[input.name] = packColumn(input, rows, known, issues);
  for (const [row, features] of rows.entries()) {
    const names = Object.keys(features);
    if (names.length > (known[row] ?? 0)) findUnknown(signature, row, names, issues);
  }
  return { columns, issues: issues.length > 0 ? issues.toSorted((a, b) => a.row - b.row) : issues };
}

function packColumn(input: SignatureInput, rows: readonly Features[], known: Uint32Array, issues: FeatureIssue[]): Column {
  const column = emptyColumn(input, rows.length);
  for (let row = 0; row < rows.length; row++) {
    const features = rows[row];
    let value: FeatureValue | undefined;
    if (features !== undefined && Object.hasOwn(features, input.name)) {
      known[row] = (known[row] ?? 0) + 1;
      value = features[input.name];
    }
    if (value === null || value === undefined || (value === '' && input.type === 'category')) {
      if (!input.nullable) issues.push(missing(row, input));
      continue;
    }
    const problem = put(column, row, input, value);
    if (problem) issues.push({ row, feature: input.name, ...problem });
  }
  return column;
}

/** A column in which every value is missing. */
function emptyColumn({ onnx, type }: SignatureInput, rows: number): Column {
  switch (onnx) {
    case 'float':
      return new Float32Array(rows).fill(Number.NaN);
    case 'int64':
      return type === 'datetime' ? new BigInt64Array(rows).fill(MISSING_INT64) : new BigInt64Array(rows);
    case 'bool':
      return new Uint8Array(rows);
    case 'string':
      return new Array<string>(rows).fill('');
  }
}

type Problem = Pick<FeatureIssue, 'problem' | 'message'>;

function put(column: Column, row: number, { name, type }: SignatureInput, value: string | number | boolean): Problem | undefined {
  switch (type) {
    case 'number':
    case 'integer': {
      if (typeof value !== 'number') return wrongType(name, type === 'number' ? 'a number' : 'an integer', value);
      if (!(Math.abs(value) <= LARGEST_FLOAT32)) return outOfRange(name, 'is beyond what a 32-bit float holds');
      if (type === 'integer' && !Number.isInteger(value)) return wrongType(name, 'an integer', value);
      if (type === 'integer' && !Number.isSafeInteger(value)) return outOfRange(name, 'is an integer beyond ±(2^53 − 1)');
      return store(column, row, value);
    }
    case 'boolean':
      return typeof value === 'boolean' ? store(column, row, value ? 1 : 0) : wrongType(name, 'true or false', value);
    case 'category':
      if (typeof value !== 'string') return wrongType(name, 'a string', value);
      if (value.length > LONGEST_CATEGORY) return outOfRange(name, `has more than ${LONGEST_CATEGORY} characters`);
      (column as string[])[row] = value;
      return undefined;
    case 'datetime': {
      const seconds = typeof value === 'string' ? epochSeconds(value) : undefined;
      return seconds === undefined ? wrongType(name, 'a time like 2001-01-13T14:56:00Z', value) : store(column, row, seconds);
    }
  }
}

function store(column: Column, row: number, value: number): undefined {
  if (column instanceof BigInt64Array) column[row] = BigInt(value);
  else (column as Float32Array | Uint8Array)[row] = value;
}

function missing(row: number, { name, type }: SignatureInput): FeatureIssue {
  return { row, feature: name, problem: 'missing', message: `"${name}" (${type}) is needed and may not be null` };
}

function wrongType(name: string, expected: string, value: string | number | boolean): Problem {
  return { problem: 'wrong_type', message: `"${name}" must be ${expected}; got ${JSON.stringify(value).slice(0, 60)}` };
}

function outOfRange(name: string, how: string): Problem {
  return { problem: 'out_of_range', message: `"${name}" ${how}` };
}

function findUnknown(signature: Signature, row: number, names: readonly string[], issues: FeatureIssue[]): void {
  const known = signature.inputs.map((input) => input.name);
  for (const name of names.filter((each) => !known.includes(each))) {
    if (issues.length >= MOST_ISSUES) return;
    const near = nearest(name.slice(0, 128), known);
    const advice = near ? `did you mean "${near}"?` : `it takes ${known.join(', ')}`;
    issues.push({
      row,
      feature: name.slice(0, 128),
      problem: 'unknown',
      message: `the model has no feature "${name.slice(0, 128)}"; ${advice}`,
    });
  }
}
