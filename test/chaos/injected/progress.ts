import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../support/stores-folder.ts';
import type { Finding } from '../invariants/finding.ts';
import type { Fault } from './faults.ts';

export interface Result {
  readonly point: number;
  readonly faults: readonly Fault[];
  readonly hit: number;
  readonly failed: number;
  readonly findings: readonly Finding[];
  readonly machines?: readonly string[];
}

/** What is known of a seed, in `.sluice/chaos/<seed>.jsonl`: the faults that its points are drawn from, then a line per point. */
export async function openProgress(seed: string) {
  const folder = join(ROOT, '.sluice', 'chaos');
  const file = join(folder, `${seed}.jsonl`);
  await mkdir(folder, { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '');
  // A run that was killed may have left half a line.
  const [first, ...lines] = text.split('\n').slice(0, -1);
  const results = new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.point, result]));
  const append = (line: object) => appendFile(file, `${JSON.stringify(line)}\n`);
  return {
    faults: first === undefined ? undefined : (JSON.parse(first) as { readonly all: readonly Fault[] }).all,
    results,
    async keepFaults(all: readonly Fault[]): Promise<readonly Fault[]> {
      await append({ all });
      return all;
    },
    async keep(result: Result): Promise<void> {
      results.set(result.point, result);
      await append(result);
    },
  };
}
