import type { Algorithm } from './definition.ts';

export type HyperparameterValue = string | number | boolean | null;

const EVERY = ['smoothing', 'parity_tolerance'];

/** What each built-in algorithm of `training/` takes; a name that is not here is a typing mistake. */
export const HYPERPARAMETERS: Readonly<Record<Algorithm, readonly string[]>> = {
  gradient_boosting: [
    'learning_rate',
    'max_iter',
    'max_leaf_nodes',
    'min_samples_leaf',
    'l2_regularization',
    'max_bins',
    'early_stopping',
    ...EVERY,
  ],
  logistic_regression: ['C', 'max_iter', 'tol', ...EVERY],
};

/** SageMaker takes at most this many characters per hyperparameter; the schema travels in one. */
export const LONGEST_HYPERPARAMETER = 2500;

/** How a value travels: SageMaker carries strings; each is JSON, which the toolkit decodes again. */
export function hyperparameterText(value: unknown): string {
  return JSON.stringify(value);
}
