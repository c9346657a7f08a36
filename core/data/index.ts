/** Datasets and what may be learnt from them. Start at quality.ts for the rules data must pass. */
export { compareSchema, type FileColumn } from './column-types.ts';
export type { Dataset, Datasets, DatasetVersion } from './datasets.ts';
export { createDatasetVersion } from './datasets-create-version.ts';
export { uploadKey } from './datasets-upload-key.ts';
export { LARGEST_DATASET_BYTES } from './largest-dataset.ts';
export { type ColumnProfile, type DatasetProfile, judgeQuality } from './quality.ts';
export { checkParts, PARTS, type Part, type PartProfile } from './split.ts';
