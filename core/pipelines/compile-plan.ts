import { DomainError } from '#core/kernel/index.ts';
import { gateName } from './check-definition.ts';
import type { ColumnDefinition, PipelineDefinition, PipelineSource } from './definition.ts';
import { nearest } from './nearest.ts';
import type { Plan, PlanColumn } from './plan.ts';

/** The plan of one environment of a pipeline; the base when none is named. Pure: the same source compiles to the same plan. */
export function compilePlan(source: PipelineSource, environment?: string): Plan {
  const definition = environment === undefined ? source.base : source.environments[environment];
  if (!definition) throw unknownEnvironment(source, environment ?? '');
  const { pipeline, dataset, quality, prepare, split, training, evaluation, approval, deployment } = definition;
  return {
    version: 1,
    pipeline,
    dataset,
    environment: environment ?? null,
    columns: columnsOf(definition),
    quality,
    prepare,
    split: split.by === 'time' ? { ...split, ...utcBoundaries(split) } : split,
    training,
    evaluation,
    gates: definition.gates.map((gate) => ({ ...gate, name: gateName(gate) })),
    approval,
    deployment,
  };
}

function columnsOf({ schema, prepare, quality }: PipelineDefinition): PlanColumn[] {
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

function utcBoundaries({ trainUntil, validationUntil }: { trainUntil?: string | undefined; validationUntil?: string | undefined }) {
  return trainUntil !== undefined && validationUntil !== undefined
    ? { trainUntil: new Date(trainUntil).toISOString(), validationUntil: new Date(validationUntil).toISOString() }
    : {};
}

function unknownEnvironment({ base, environments }: PipelineSource, environment: string): DomainError {
  const known = Object.keys(environments);
  const guess = nearest(environment, known);
  const hint = known.length > 0 ? `it has ${known.join(', ')}` : 'it names none';
  return new DomainError({
    code: 'not_found',
    what: `environment of pipeline ${base.pipeline} (${hint}${guess ? `; did you mean ${guess}?` : ''})`,
    id: environment,
  });
}
