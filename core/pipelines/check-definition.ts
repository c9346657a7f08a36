import { checkGates } from './check-gates.ts';
import { checkSplit } from './check-split.ts';
import { checkTraining } from './check-training.ts';
import { namesOf, unknownColumn } from './column-issue.ts';
import type { Comparison, PipelineDefinition } from './definition.ts';
import type { DefinitionIssue } from './definition-issue.ts';

/** The rules between the parts of a pipeline: names that must exist, choices that exclude each other, orders that must hold. */
export function checkDefinition(definition: PipelineDefinition): DefinitionIssue[] {
  return [
    ...checkRoles(definition),
    ...checkColumns(definition),
    ...checkPrepare(definition),
    ...checkSplit(definition),
    ...checkTraining(definition),
    ...checkGates(definition),
    ...checkDeployment(definition),
  ];
}

function checkRoles({ schema, prepare }: PipelineDefinition): DefinitionIssue[] {
  const targets = [
    ...Object.entries(schema).flatMap(([name, column]) =>
      column.role === 'target' ? [{ path: ['schema', name], type: column.type }] : [],
    ),
    ...prepare.flatMap((step, at) =>
      'derive' in step && step.derive.role === 'target' ? [{ path: ['prepare', at, 'derive'], type: 'boolean' as const }] : [],
    ),
  ];
  const issues: DefinitionIssue[] = [];
  const [target, second] = targets;
  if (!target)
    issues.push({ path: ['schema'], message: 'no column has the role target', suggestion: 'give one boolean column "role: target"' });
  if (second) issues.push({ path: second.path, message: 'a second column has the role target; a pipeline learns one' });
  if (target && target.type !== 'boolean') {
    issues.push({
      path: target.path,
      message: `the target is of type ${target.type}; classification needs a boolean`,
      suggestion: 'type: boolean',
    });
  }
  const features =
    Object.values(schema).some((column) => column.role === 'feature') ||
    prepare.some((step) => 'derive' in step && step.derive.role === 'feature');
  if (!features) issues.push({ path: ['schema'], message: 'no column has the role feature, so there is nothing to learn from' });
  return issues;
}

function checkColumns({ schema, quality, evaluation }: PipelineDefinition): DefinitionIssue[] {
  const issues: DefinitionIssue[] = [];
  for (const [name, column] of Object.entries(schema)) {
    const ranged = column.min !== undefined || column.max !== undefined;
    if (ranged && column.type !== 'integer' && column.type !== 'number') {
      issues.push({ path: ['schema', name], message: `min and max need an integer or number column; ${name} is of type ${column.type}` });
    }
    if (column.min !== undefined && column.max !== undefined && column.min > column.max) {
      issues.push({ path: ['schema', name, 'min'], message: `min ${column.min} is above max ${column.max}` });
    }
    if (column.role === 'target' && column.nullable) {
      issues.push({
        path: ['schema', name, 'nullable'],
        message: 'the target cannot be nullable: a row without its answer teaches nothing',
      });
    }
  }
  quality.unique?.forEach((name, at) => {
    if (!(name in schema)) issues.push(unknownColumn(['quality', 'unique', at], name, Object.keys(schema)));
  });
  if (quality.freshness && schema[quality.freshness.column]?.type !== 'datetime') {
    issues.push(
      unknownColumn(['quality', 'freshness', 'column'], quality.freshness.column, namesOf(schema, 'datetime'), 'datetime column'),
    );
  }
  const segments = [...namesOf(schema, 'category'), ...namesOf(schema, 'boolean')];
  evaluation.segments.forEach((name, at) => {
    if (!segments.includes(name)) issues.push(unknownColumn(['evaluation', 'segments', at], name, segments, 'category or boolean column'));
  });
  return issues;
}

function checkPrepare({ schema, prepare }: PipelineDefinition): DefinitionIssue[] {
  const issues: DefinitionIssue[] = [];
  const known = new Set(Object.keys(schema));
  prepare.forEach((step, at) => {
    const [verb, source] = 'keep' in step ? (['keep', step.keep.column] as const) : (['derive', step.derive.from] as const);
    const path = ['prepare', at, verb];
    if (!known.has(source)) issues.push(unknownColumn([...path, verb === 'keep' ? 'column' : 'from'], source, [...known]));
    const comparison: Omit<Comparison, 'column'> = 'keep' in step ? step.keep : step.derive;
    if (comparison.atLeast === undefined && comparison.atMost === undefined && comparison.oneOf === undefined) {
      issues.push({ path, message: `${verb} compares with nothing`, suggestion: 'add atLeast, atMost or oneOf' });
    }
    const numeric = comparison.atLeast !== undefined || comparison.atMost !== undefined;
    const type = schema[source]?.type;
    if (numeric && type && type !== 'integer' && type !== 'number') {
      issues.push({
        path,
        message: `atLeast and atMost need an integer or number column; ${source} is of type ${type}`,
        suggestion: 'oneOf',
      });
    }
    if ('derive' in step) {
      if (known.has(step.derive.column))
        issues.push({ path: [...path, 'column'], message: `there already is a column ${step.derive.column}` });
      known.add(step.derive.column);
    }
  });
  return issues;
}

function checkDeployment({ deployment: { canary } }: PipelineDefinition): DefinitionIssue[] {
  const issues: DefinitionIssue[] = [];
  const path = ['deployment', 'canary', 'steps'];
  const steps = canary?.steps ?? [];
  steps.forEach(({ share, bakeMinutes }, at) => {
    const before = steps[at - 1]?.share ?? 0;
    if (share <= before)
      issues.push({ path: [...path, at, 'share'], message: `share ${share} is not above ${before}, which the step before it has` });
    if (bakeMinutes === 0 && at < steps.length - 1) {
      issues.push({
        path: [...path, at, 'bakeMinutes'],
        message: 'only the last step may go without a bake; the others are there to be judged',
      });
    }
  });
  if (steps.length > 0 && steps.at(-1)?.share !== 1) {
    issues.push({ path: [...path, steps.length - 1, 'share'], message: 'the last step has to serve everybody', suggestion: 'share: 1' });
  }
  return issues;
}
