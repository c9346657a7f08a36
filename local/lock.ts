import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from './processes.ts';

/** Takes the lock if it is free or if its holder died; says whether the caller has it now. */
export async function tryLock(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  const found = await readTicket(path);
  if (found !== undefined && (await livingHolder(found)) !== undefined) return false;
  if (found !== undefined && !(await discard(path, found))) return false;
  const ticket = `${await identify(process.pid)} ${randomUUID()}`;
  const draft = `${path}.${ticket.slice(-36)}`;
  await writeFile(draft, ticket);
  try {
    // Appears under its name with its text or not at all.
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

export async function unlock(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** The process id of the living holder. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const ticket = await readTicket(path);
  return ticket === undefined ? undefined : livingHolder(ticket);
}

/** Waits for the lock, runs `work`, gives it back. */
export async function whileLocked(path: string, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
  while (!(await tryLock(path))) {
    await sleep(100);
    signal?.throwIfAborted();
  }
  try {
    await work();
  } finally {
    await unlock(path);
  }
}

const readTicket = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

async function livingHolder(ticket: string): Promise<number | undefined> {
  const [pid = '', started = ''] = ticket.split(' ');
  return (await identify(Number(pid))) === `${pid} ${started}` ? Number(pid) : undefined;
}

/** Takes a dead holder's ticket away. Somebody else may have done so and locked since: then that lock is put back. */
async function discard(path: string, dead: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  const isDead = (await readTicket(aside)) === dead;
  if (!isDead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  return isDead;
}
