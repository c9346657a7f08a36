export const BATCH_STATUSES = ['queued', 'running', 'succeeded', 'failed'] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

export type BatchFormat = 'parquet' | 'csv';

export function hasEnded(status: BatchStatus): boolean {
  return status === 'succeeded' || status === 'failed';
}
