import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Counts by name; what was counted is on the disk before it is used, so that a number is never given twice. */
export function fileCounters(path: string): (name: string) => number {
  mkdirSync(dirname(path), { recursive: true });
  const counts: Record<string, number> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  return (name) => {
    const next = (counts[name] ?? 0) + 1;
    counts[name] = next;
    writeFileSync(`${path}.new`, JSON.stringify(counts));
    renameSync(`${path}.new`, path);
    return next;
  };
}
