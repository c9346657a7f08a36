import type { DataIssue } from '#core/kernel/index.ts';
import type { ColumnType, PlanColumn } from '#core/pipelines/index.ts';

export interface FileColumn {
  readonly name: string;
  /** The type the file declares, in DuckDB's words. */
  readonly type: string;
}

const ACCEPTED: Readonly<Record<ColumnType, RegExp>> = {
  integer: /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/,
  number: /^(FLOAT|DOUBLE|DECIMAL\(.*\)|U?(TINYINT|SMALLINT|INTEGER|BIGINT))$/,
  category: /^(VARCHAR|ENUM\(.*\))$/s,
  datetime: /^(DATE|TIMESTAMP|TIMESTAMP_S|TIMESTAMP_MS|TIMESTAMP_NS|TIMESTAMP WITH TIME ZONE)$/,
  boolean: /^BOOLEAN$/,
};

/** The file's columns against the plan's: each that is missing, of another type, or not asked for. Order does not matter. */
export function compareSchema(columns: readonly PlanColumn[], file: readonly FileColumn[]): DataIssue[] {
  const found = new Map(file.map((column) => [column.name, column.type]));
  const expected = columns.filter((column) => !column.derived);
  const issues = expected.flatMap(({ name, type }): DataIssue[] => {
    const actual = found.get(name);
    if (actual === undefined)
      return [{ column: name, rule: 'missing_column', observed: `the file has ${[...found.keys()].join(', ')}`, limit: type }];
    return ACCEPTED[type].test(actual) ? [] : [{ column: name, rule: 'wrong_type', observed: actual, limit: type }];
  });
  const known = new Set(expected.map((column) => column.name));
  const unexpected = file.filter((column) => !known.has(column.name));
  return [
    ...issues,
    ...unexpected.map(({ name, type }) => ({
      column: name,
      rule: 'unexpected_column',
      observed: type,
      limit: 'name it in the schema; role: ignore leaves it aside',
    })),
  ];
}
