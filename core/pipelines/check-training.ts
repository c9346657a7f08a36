import type { PipelineDefinition } from './definition.ts';
import type { DefinitionIssue } from './definition-issue.ts';
import { HYPERPARAMETERS, hyperparameterText, LONGEST_HYPERPARAMETER } from './hyperparameters.ts';
import { nearest } from './nearest.ts';
import { trainingSchema } from './plan.ts';
import { columnsOf } from './plan-columns.ts';

/** What a training job can be asked for: one kind of code, settings that it knows and that SageMaker can carry. */
export function checkTraining(definition: PipelineDefinition): DefinitionIssue[] {
  const { training } = definition;
  if ((training.algorithm === undefined) === (training.source === undefined)) {
    return [
      {
        path: ['training'],
        message: 'training needs either a built-in algorithm or your own source',
        suggestion: 'algorithm: gradient_boosting',
      },
    ];
  }
  return [...checkLengths(definition), ...checkNames(training)];
}

/** SageMaker carries every setting of a job as a text of limited length; the schema is one of them. */
function checkLengths(definition: PipelineDefinition): DefinitionIssue[] {
  const columns = columnsOf(definition);
  // A pipeline without a target is told so elsewhere.
  const schema = columns.some(({ role }) => role === 'target') ? hyperparameterText(trainingSchema({ columns })).length : 0;
  const values = Object.entries(definition.training.hyperparameters).map(([name, value]) => ({
    name,
    length: hyperparameterText(value).length,
  }));
  return [
    ...(schema > LONGEST_HYPERPARAMETER
      ? [
          {
            path: ['schema'],
            message: `the features and the target take ${schema} characters as a hyperparameter, and SageMaker takes ${LONGEST_HYPERPARAMETER}`,
            suggestion: 'give columns that do not matter role: ignore',
          },
        ]
      : []),
    ...values
      .filter(({ length }) => length > LONGEST_HYPERPARAMETER)
      .map(({ name, length }) => ({
        path: ['training', 'hyperparameters', name],
        message: `${name} takes ${length} characters as a hyperparameter, and SageMaker takes ${LONGEST_HYPERPARAMETER}`,
        suggestion: 'put it into a file of your source',
      })),
  ];
}

function checkNames({ algorithm, hyperparameters }: PipelineDefinition['training']): DefinitionIssue[] {
  if (!algorithm) return [];
  const known = HYPERPARAMETERS[algorithm];
  return Object.keys(hyperparameters)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: ['training', 'hyperparameters', name],
      message: `${algorithm} has no hyperparameter ${name}`,
      suggestion: nearest(name, known) ?? `one of ${known.join(', ')}`,
    }));
}
