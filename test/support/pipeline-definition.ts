import type { PipelineDefinition } from '../../core/pipelines/index.ts';

/** A pipeline that is right, to be made wrong one part at a time. */
export function definitionOf(change: Partial<PipelineDefinition> = {}): PipelineDefinition {
  const column = { role: 'feature', nullable: false } as const;
  return {
    pipeline: 'flights',
    description: '',
    dataset: 'flights',
    schema: {
      date: { ...column, type: 'datetime' },
      distance: { ...column, type: 'integer', min: 1, max: 10_000 },
      origin: { ...column, type: 'category', nullable: true },
      late: { ...column, type: 'boolean', role: 'target' },
    },
    quality: { missing: 0.01, outOfRange: 0.001, duplicates: 0.05, minRows: 10 },
    prepare: [],
    split: { by: 'time', column: 'date', trainUntil: '2001-03-01', validationUntil: '2001-03-15' },
    training: {
      image: 'sklearn',
      algorithm: 'gradient_boosting',
      hyperparameters: { max_iter: 20 },
      instanceType: 'ml.m5.large',
      maxRuntimeMinutes: 20,
      seed: 7,
    },
    evaluation: { threshold: 0.5, resamples: 50, confidence: 0.95, segments: [] },
    gates: [{ metric: 'auc', atLeast: 0.6, on: 'bound' }],
    approval: { required: true, timeoutHours: 72 },
    deployment: { model: 'flights', alias: 'champion', strategy: 'all-at-once' },
    ...change,
  };
}
