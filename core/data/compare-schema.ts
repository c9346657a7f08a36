import type { DataIssue } from '#core/kernel/index.ts';
import type { ColumnType, PlanColumn } from '#core/pipelines/index.ts';

export interface FileColumn {
  readonly name: string;
  /** The type the file declares, in its reader's words. */
  readonly type: string;
  /** What it may be in a schema. */
  readonly fits: readonly ColumnType[];
}

/** The file's columns against the plan's: each that is missing, of another type, or not asked for. Order does not matter. */
export function compareSchema(columns: readonly PlanColumn[], file: readonly FileColumn[]): DataIssue[] {
  const found = new Map(file.map((column) => [column.name, column]));
  const expected = columns.filter((column) => !column.derived);
  const issues = expected.flatMap(({ name, type }): DataIssue[] => {
    const actual = found.get(name);
    if (actual === undefined)
      return [{ column: name, rule: 'missing_column', observed: `the file has ${[...found.keys()].join(', ')}`, limit: type }];
    return actual.fits.includes(type) ? [] : [{ column: name, rule: 'wrong_type', observed: actual.type, limit: type }];
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
