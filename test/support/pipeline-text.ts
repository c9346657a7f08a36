import { yamlDocument } from '../../adapters/yaml/source-document.ts';
import { readPipelineFile } from '../../api/read-pipeline-file.ts';
import type { PipelineSource } from '../../core/pipelines/index.ts';

/** A pipeline.yaml that the API takes. */
export function pipelineText({ pipeline, dataset, model, says }: Readonly<Record<'pipeline' | 'dataset' | 'model' | 'says', string>>): {
  readonly text: string;
  readonly definition: PipelineSource;
} {
  const text = `pipeline: ${pipeline}
description: ${says}
dataset: ${dataset}
schema:
  date: { type: datetime }
  distance: { type: integer, min: 1, max: 10000 }
  late: { type: boolean, role: target }
quality: { missing: 0.01, outOfRange: 0.001, duplicates: 0.05, minRows: 10 }
split: { by: time, column: date, trainUntil: '2001-03-01', validationUntil: '2001-03-15' }
training:
  image: sklearn
  algorithm: gradient_boosting
  hyperparameters: { max_iter: 20 }
  instanceType: ml.m5.large
  maxRuntimeMinutes: 20
  seed: 7
evaluation: { threshold: 0.5, resamples: 50, confidence: 0.95 }
gates:
  - { metric: auc, atLeast: 0.6 }
approval: { required: true, timeoutHours: 72 }
deployment: { model: ${model}, alias: champion, strategy: all-at-once }
`;
  return { text, definition: readPipelineFile(yamlDocument(text), pipeline) };
}
