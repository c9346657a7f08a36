import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from './processes.ts';

/** Takes the lock if it is free or if its holder died; says whether this process has it now. */
export async function tryLock(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  if ((await lockHolder(path)) !== undefined) return false;
  const ticket = (await identify(process.pid)) ?? String(process.pid);
  await discardStale(path);
  try {
    await writeFile(path, ticket, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  // Two processes may have found the same dead holder; the later of them has removed the earlier one's claim.
  await sleep(20);
  return (await readFile(path, 'utf8').catch(() => '')) === ticket;
}

export async function unlock(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** The process id of the living holder. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const ticket = await readFile(path, 'utf8').catch(() => '');
  const pid = Number(ticket.split(' ')[0]);
  return pid > 0 && (await identify(pid)) === ticket ? pid : undefined;
}

/** Waits for the lock, runs `work`, gives it back. */
export async function whileLocked(path: string, work: () => Promise<void>): Promise<void> {
  // Within one process the holder is this process itself, so that callers wait for each other here too.
  while (!(await tryLock(path))) await sleep(100);
  try {
    await work();
  } finally {
    await unlock(path);
  }
}

async function discardStale(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  // Empty: made this moment, its ticket is not written yet; or left so by a crash.
  const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
  if (text !== '' || age > 5_000) await rm(path, { force: true });
}
