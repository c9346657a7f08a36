import { DomainError, nearest } from '#core/kernel/index.ts';
import { gateName } from './check-gates.ts';
import type { PipelineSource } from './definition.ts';
import type { Plan } from './plan.ts';
import { columnsOf } from './plan-columns.ts';

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
