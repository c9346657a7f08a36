import { DomainError } from '#core/kernel/index.ts';

/** A part is scored in well under a minute and its answers are a few megabytes; less would be more files than rows are worth. */
export const PART_ROWS = 50_000;

/** Bytes of the file. A step's scratch space of 4 GiB holds it, the rows made of it, what the query engine spills, and what is written. */
export const LARGEST_BATCH_BYTES = 512 * 1024 ** 2;

/** A hundred parts: what one map of the machine goes through within its history, and one merge within its ten minutes. */
export const MOST_BATCH_ROWS = 5_000_000;

/** Rows `from` up to, but not including, `to`. */
export interface PartRange {
  readonly from: number;
  readonly to: number;
}

export function partsOf(rows: number): number {
  return Math.ceil(rows / PART_ROWS);
}

export function partRange(part: number, rows: number): PartRange {
  if (!Number.isInteger(part) || part < 0 || part >= partsOf(rows)) throw new RangeError(`there is no part ${part} of ${rows} rows`);
  return { from: part * PART_ROWS, to: Math.min(rows, (part + 1) * PART_ROWS) };
}

/** @throws {DomainError} `batch_unreadable` for a file without rows, `batch_too_large` for one with too many */
export function checkRowCount(rows: number): void {
  if (rows === 0) throw new DomainError({ code: 'batch_unreadable', reason: 'the file has no rows' });
  if (rows > MOST_BATCH_ROWS) throw new DomainError({ code: 'batch_too_large', what: 'rows', found: rows, limit: MOST_BATCH_ROWS });
}
