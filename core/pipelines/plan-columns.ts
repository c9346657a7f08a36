import type { ColumnDefinition, PipelineDefinition } from './definition.ts';
import type { PlanColumn } from './plan.ts';

/** Every column a pipeline knows: those it reads, then those its prepare steps make. */
export function columnsOf({ schema, prepare, quality }: PipelineDefinition): PlanColumn[] {
  const read = Object.entries(schema).map(([name, column]) => ({
    name,
    type: column.type,
    role: column.role,
    nullable: column.nullable,
    maxMissing: column.maxMissing ?? defaultMissing(column, quality.missing),
    ...(column.min === undefined ? {} : { min: column.min }),
    ...(column.max === undefined ? {} : { max: column.max }),
  }));
  const derived = prepare.flatMap((step): PlanColumn[] =>
    'derive' in step
      ? [{ name: step.derive.column, type: 'boolean', role: step.derive.role, nullable: false, maxMissing: quality.missing, derived: true }]
      : [],
  );
  return [...read, ...derived];
}

/** A nullable or ignored column has no limit of its own: its gaps are meant, or nobody reads them. */
function defaultMissing({ nullable, role }: ColumnDefinition, limit: number): number {
  return nullable || role === 'ignore' ? 1 : limit;
}
