import type { Algorithm } from './definition.ts';

export type HyperparameterValue = string | number | boolean | null;

/** What each built-in algorithm of `training/` takes; a name that is not here is a typing mistake. */
export const HYPERPARAMETERS: Readonly<Record<Algorithm, readonly string[]>> = {
  gradient_boosting: [
    'learning_rate',
    'max_iter',
    'max_leaf_nodes',
    'max_depth',
    'min_samples_leaf',
    'l2_regularization',
    'max_bins',
    'parity_tolerance',
  ],
  logistic_regression: ['c', 'max_iter', 'parity_tolerance'],
};
