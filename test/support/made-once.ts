import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface MadeOnce {
  /** Where such folders are kept between runs; it is there. */
  readonly memory: string;
  /** What is kept, one word. */
  readonly kind: string;
  /** A hash of what it is made from. */
  readonly state: string;
  readonly make: (folder: string) => Promise<void>;
}

/** A folder that is made once and only read from then on. Workers that miss it at the same moment each make one, and keep the first. */
export async function madeOnce({ memory, kind, state, make }: MadeOnce): Promise<string> {
  const kept = join(memory, `${kind}-${state}`);
  if (existsSync(kept)) return kept;
  const making = await mkdtemp(join(memory, 'making-'));
  try {
    await make(making);
    await rename(making, kept);
    await forgetOthers(memory, kind, kept);
  } catch (error) {
    // Another worker was first, and the others of its kind may be reading what it kept: it stays.
    if (!existsSync(kept)) throw error;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return kept;
}

/** What was made of an earlier state goes. */
async function forgetOthers(memory: string, kind: string, kept: string): Promise<void> {
  for (const name of await readdir(memory)) {
    const folder = join(memory, name);
    if (name.startsWith(`${kind}-`) && folder !== kept) await rm(folder, { recursive: true, force: true });
  }
}
