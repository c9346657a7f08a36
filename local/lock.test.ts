import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockHolder, tryLock, unlock, whileLocked } from './lock.ts';
import { identify } from './processes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the lock', () => {
  it('is held by one, named, and free again afterwards', async () => {
    const path = join(folder, 'a', 'lock');
    expect(await lockHolder(path)).toBeUndefined();
    expect(await tryLock(path)).toBe(true);
    expect(await tryLock(path)).toBe(false);
    expect(await lockHolder(path)).toBe(process.pid);
    await unlock(path);
    expect(await tryLock(path)).toBe(true);
  });

  it('passes over a holder that died', async () => {
    const path = join(folder, 'lock');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = await identify(child.pid ?? 0);
    await writeFile(path, `${identity} ticket`);
    expect(await tryLock(path)).toBe(false);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(await tryLock(path)).toBe(true);
  });

  it('passes over a process id that was given to somebody else', async () => {
    const path = join(folder, 'lock');
    await writeFile(path, `${process.pid} 1 ticket`);
    expect(await lockHolder(path)).toBeUndefined();
    expect(await tryLock(path)).toBe(true);
  });

  it('lets no two in at a time', async () => {
    const path = join(folder, 'lock');
    const counter = join(folder, 'counter');
    await writeFile(counter, '0');
    await writeFile(path, '999999999 1 left behind');
    const addOne = async () => {
      const before = Number(await readFile(counter, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      await writeFile(counter, String(before + 1));
    };
    await Promise.all(Array.from({ length: 5 }, () => whileLocked(path, addOne)));
    expect(await readFile(counter, 'utf8')).toBe('5');
  });
});
