import { nearest } from '#core/kernel/index.ts';
import { checkTraining } from './check-training.ts';
import {
  type Comparison,
  type GateDefinition,
  type PipelineDefinition,
  ROW_METRICS,
  type SplitDefinition,
  type SplitShares,
} from './definition.ts';
import type { DefinitionIssue } from './definition-issue.ts';

const DAYS: readonly TimeKey[] = ['validationDays', 'testDays', 'trainDays'];
/** The ways to say where a split by time parts the rows, each by its keys. */
const TIME_FORMS: readonly (readonly TimeKey[])[] = [['trainUntil', 'validationUntil'], ['shares'], DAYS];
type TimeKey = Exclude<keyof Extract<SplitDefinition, { by: 'time' }>, 'by' | 'column'>;

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

function checkSplit({ schema, split }: PipelineDefinition): DefinitionIssue[] {
  if (split.by === 'random') return checkShares(split.shares);
  const issues: DefinitionIssue[] = [];
  if (schema[split.column]?.type !== 'datetime') {
    issues.push(unknownColumn(['split', 'column'], split.column, namesOf(schema, 'datetime'), 'datetime column'));
  }
  if (schema[split.column]?.nullable) {
    issues.push({
      path: ['schema', split.column, 'nullable'],
      message: `${split.column} splits the rows by time, so it cannot be nullable`,
    });
  }
  return [...issues, ...checkTimeForm(split)];
}

/** Dates, shares or days: each form is whole, and there is one of them. */
function checkTimeForm(split: Extract<SplitDefinition, { by: 'time' }>): DefinitionIssue[] {
  const { trainUntil, validationUntil, shares, validationDays, testDays } = split;
  const [first, second] = TIME_FORMS.map((form) => form.find((key) => split[key] !== undefined)).filter((key) => key !== undefined);
  const forms = 'trainUntil and validationUntil, shares, or validationDays and testDays';
  if (first === undefined) return [{ path: ['split'], message: `a split by time needs either ${forms}` }];
  if (second !== undefined) {
    return [{ path: ['split', second], message: `${second} does not go with ${first}: a split by time has one of ${forms}` }];
  }
  if (shares) return checkShares(shares);
  if (DAYS.includes(first)) {
    return validationDays === undefined || testDays === undefined
      ? [
          {
            path: ['split', first],
            message: `validationDays and testDays belong together; ${validationDays === undefined ? 'validationDays' : 'testDays'} is missing`,
          },
        ]
      : [];
  }
  if (trainUntil === undefined || validationUntil === undefined) {
    return [{ path: ['split'], message: 'trainUntil and validationUntil belong together; one is missing' }];
  }
  return Date.parse(trainUntil) < Date.parse(validationUntil)
    ? []
    : [{ path: ['split', 'validationUntil'], message: `validationUntil ${validationUntil} is not after trainUntil ${trainUntil}` }];
}

function checkShares({ train, validation, test }: SplitShares): DefinitionIssue[] {
  const sum = train + validation + test;
  return Math.abs(sum - 1) < 1e-9
    ? []
    : [{ path: ['split', 'shares'], message: `the shares add up to ${Number(sum.toFixed(6))}, not to 1` }];
}

function checkGates({ gates }: PipelineDefinition): DefinitionIssue[] {
  const issues: DefinitionIssue[] = [];
  const seen = new Set<string>();
  gates.forEach((gate, at) => {
    const asked = [gate.atLeast, gate.atMost, gate.noWorseThan].filter((one) => one !== undefined).length;
    if (asked !== 1) {
      issues.push({ path: ['gates', at], message: `the gate on ${gate.metric} needs exactly one of atLeast, atMost and noWorseThan` });
    }
    if (gate.margin !== undefined && gate.noWorseThan === undefined) {
      issues.push({
        path: ['gates', at, 'margin'],
        message: 'margin says how much worse than the champion is still good: it needs noWorseThan',
      });
    }
    const compared: readonly string[] = ROW_METRICS;
    if (gate.noWorseThan !== undefined && !compared.includes(gate.metric)) {
      issues.push({
        path: ['gates', at, 'metric'],
        message: `${gate.metric} is not measured row by row, so it is not compared with the champion`,
        suggestion: `one of ${compared.join(', ')}, or atMost`,
      });
    }
    const name = gateName(gate);
    if (seen.has(name)) issues.push({ path: ['gates', at], message: `a second gate asks the same of ${gate.metric}` });
    seen.add(name);
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

/** How a gate is called in verdicts and reports: `auc at least`. One pipeline has each at most once. */
export function gateName(gate: Pick<GateDefinition, 'metric' | 'atLeast' | 'noWorseThan'>): string {
  if (gate.noWorseThan !== undefined) return `${gate.metric} no worse than ${gate.noWorseThan}`;
  return `${gate.metric} ${gate.atLeast === undefined ? 'at most' : 'at least'}`;
}

function namesOf(schema: PipelineDefinition['schema'], type: string): string[] {
  return Object.entries(schema).flatMap(([name, column]) => (column.type === type ? [name] : []));
}

function unknownColumn(path: DefinitionIssue['path'], name: string, known: readonly string[], what = 'column'): DefinitionIssue {
  return {
    path,
    message: `${name} is no ${what} of the schema`,
    suggestion: nearest(name, known) ?? (known.length > 0 ? `one of ${known.join(', ')}` : undefined),
  };
}
