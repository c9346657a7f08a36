import type { Comparison, Plan, PlanColumn } from '#core/pipelines/index.ts';
import { literal, name, text } from './sql.ts';

/** Columns whose gaps and ranges put a row into quarantine. */
function mustHold(column: PlanColumn): boolean {
  return !column.nullable && column.role !== 'ignore';
}

/** Texts of queries over one dataset file: `checked` has every row with what is wrong with it, `prepared` the rows to learn from. */
export function preparedRows(plan: Plan, file: string, types: ReadonlyMap<string, string>) {
  const read = plan.columns.filter((column) => !column.derived);
  const source = read.map((column) => `${normalised(column, types.get(column.name) ?? '')} as ${name(column.name)}`);
  let rows = `select ${source.join(', ')}, file_row_number as "#" from read_parquet(${text(file)}, file_row_number = true)`;
  for (const step of plan.prepare) {
    if ('derive' in step)
      rows = `select *, ${condition({ ...step.derive, column: step.derive.from })} as ${name(step.derive.column)} from (${rows})`;
  }
  const problems = plan.columns.flatMap((column) => [
    ...(mustHold(column) ? [`case when ${missing(column)} then ${text(`${column.name} missing`)} end`] : []),
    ...(ranged(column) && column.role !== 'ignore'
      ? [`case when ${outOfRange(column)} then ${text(`${column.name} out of range`)} end`]
      : []),
  ]);
  const keep = plan.prepare.flatMap((step) => ('keep' in step ? [`coalesce(${condition(step.keep)}, false)`] : []));
  const reason = problems.length > 0 ? `concat_ws('; ', ${problems.join(', ')})` : `''`;
  const checked = `select *, ${reason} as "#reason", ${keep.length > 0 ? keep.join(' and ') : 'true'} as "#keep" from (${rows})`;
  return { checked, prepared: `select * from (${checked}) where "#reason" = '' and "#keep"` };
}

/** One type per kind of column, whatever the file used, so that every later reader meets the same. */
function normalised({ name: column, type }: PlanColumn, fileType: string): string {
  const quoted = name(column);
  switch (type) {
    case 'integer':
      return `cast(${quoted} as bigint)`;
    case 'number':
      return `cast(${quoted} as double)`;
    case 'category':
      return `cast(${quoted} as varchar)`;
    case 'datetime':
      return fileType === 'TIMESTAMP WITH TIME ZONE' ? `make_timestamp(epoch_us(${quoted}))` : `cast(${quoted} as timestamp)`;
    default:
      return quoted;
  }
}

export function missing({ name: column, type }: PlanColumn): string {
  const quoted = name(column);
  if (type === 'number') return `(${quoted} is null or not isfinite(${quoted}))`;
  if (type === 'category') return `(${quoted} is null or ${quoted} = '')`;
  return `(${quoted} is null)`;
}

export function ranged({ min, max }: PlanColumn): boolean {
  return min !== undefined || max !== undefined;
}

export function outOfRange(column: PlanColumn): string {
  const quoted = name(column.name);
  const sides = [
    ...(column.min === undefined ? [] : [`${quoted} < ${literal(column.min)}`]),
    ...(column.max === undefined ? [] : [`${quoted} > ${literal(column.max)}`]),
  ];
  return sides.length === 0 ? 'false' : `(not ${missing(column)} and (${sides.join(' or ')}))`;
}

function condition({ column, atLeast, atMost, oneOf }: Comparison): string {
  const quoted = name(column);
  const parts = [
    ...(atLeast === undefined ? [] : [`${quoted} >= ${literal(atLeast)}`]),
    ...(atMost === undefined ? [] : [`${quoted} <= ${literal(atMost)}`]),
    ...(oneOf === undefined ? [] : [`cast(${quoted} as varchar) in (${oneOf.map((value) => text(String(value))).join(', ')})`]),
  ];
  return `(${parts.join(' and ')})`;
}
