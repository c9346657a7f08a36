import { mkdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;

/** Remembers between runs what was found out about the machine; holds no data. */
export function memoryFolder(): string {
  const folder = join(ROOT, '.sluice', 'test-stores');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder for one store's data, gone with the store. */
export function dataFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `sluice-test-${name}-`));
}

/** What a child needs of this process's environment: where programs are, and nothing that would point it at a real account. */
export function childEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', LANG = 'C.UTF-8' } = process.env;
  return { PATH, HOME, LANG };
}
