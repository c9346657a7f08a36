/** Predictions for a whole file: what it must hold, how it is cut into parts, and one row out for each row in. Start at start-batch.ts. */
export { batchFiles } from './batch-files.ts';
export { BATCH_STATUSES, type BatchFormat, hasEnded } from './batch-status.ts';
export { csvRows } from './csv-rows.ts';
export { csvValue } from './csv-value.ts';
export { beginBatch, completeBatch, failBatch } from './end-batch.ts';
export { type GivenColumn, inputIssues } from './input-issues.ts';
export { checkRowCount, LARGEST_BATCH_BYTES, MOST_BATCH_ROWS, PART_ROWS, type PartRange, partRange, partsOf } from './parts.ts';
export type { Batch, Batches, BatchFailure } from './ports.ts';
export { type ScoredRows, scoreEach } from './score-each.ts';
export { startBatch } from './start-batch.ts';
