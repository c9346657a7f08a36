import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '#core/kernel/index.ts';
import type { Window } from '#core/monitoring/index.ts';
import type { DriftScanDeps } from './deps.ts';

const AT_ONCE = 16;
/** Half of the scratch: DuckDB may want the other half, and a reference that is a window itself comes beside it. */
const LARGEST_WINDOW_BYTES = 1024 ** 3;

/** The window's part of the log in a folder of its own; the paths in the order of their hours. */
export async function fetchWindow(
  { files, objects }: Pick<DriftScanDeps, 'files' | 'objects'>,
  { tenant, model, window, folder }: { tenant: string; model: string; window: Window; folder: string },
): Promise<readonly string[]> {
  const listed = await files.between(tenant, model, window.from, window.to);
  const found = listed.reduce((sum, { bytes }) => sum + bytes, 0);
  if (found > LARGEST_WINDOW_BYTES)
    throw new DomainError({ code: 'window_too_large', measure: 'bytes', found, limit: LARGEST_WINDOW_BYTES });
  await mkdir(folder, { recursive: true });
  const paths = listed.map((_, index) => join(folder, `${index}.parquet`));
  const left = listed.entries();
  const worker = async () => {
    for (const [index, { key }] of left) {
      if (!(await objects.download(key, paths[index] ?? ''))) throw new Error(`${key} was listed and is gone`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, listed.length) }, worker));
  return paths;
}
