import type { Batch } from './ports.ts';

/** What is cut, asked or written in another way gets another number, and so other files. */
const LAYOUT = 1;

export interface BatchFiles {
  /** All of them lie below; with its slash. */
  readonly folder: string;
  /** The rows of a CSV, as Parquet. */
  readonly rows: string;
  part(part: number): string;
  badPart(part: number): string;
  readonly output: string;
  readonly badRows: string;
}

/**
 * Where everything of a batch lies. Version and content name the folder, not the batch: one that is started again finds the parts
 * of the one that failed.
 */
export function batchFiles(
  tenant: string,
  { versionId, inputSha256, format }: Pick<Batch, 'versionId' | 'inputSha256' | 'format'>,
): BatchFiles {
  const folder = `tenants/${tenant}/batches/${versionId}/${inputSha256}-${format}-${LAYOUT}`;
  const numbered = (part: number) => String(part).padStart(5, '0');
  return {
    folder: `${folder}/`,
    rows: `${folder}/rows.parquet`,
    part: (part) => `${folder}/parts/${numbered(part)}.parquet`,
    badPart: (part) => `${folder}/parts/${numbered(part)}-bad.parquet`,
    output: `${folder}/predictions.parquet`,
    badRows: `${folder}/bad-rows.parquet`,
  };
}
