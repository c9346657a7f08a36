import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './stores-folder.ts';

/** What a suite counted, by the name of what was counted. */
export type Figures = Readonly<Record<string, number | string>>;

const FOLDER = join(ROOT, '.sluice', 'figures');

/** Keeps what a suite counted, for the table of `npm run reliability`; a later run of the suite replaces it. @public */
export async function keepFigures(suite: string, figures: Figures): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, `${suite}.json`), `${JSON.stringify({ at: new Date().toISOString(), figures }, null, 2)}\n`);
}

/** What the suite's last run counted, and when; undefined when it never ran here. */
export async function keptFigures(suite: string): Promise<{ readonly at: string; readonly figures: Figures } | undefined> {
  try {
    return JSON.parse(await readFile(join(FOLDER, `${suite}.json`), 'utf8'));
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}
