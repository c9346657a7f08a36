import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { madeOnce } from './made-once.ts';

const files = Array.from({ length: 50 }, (_, index) => `file-${index}`);
let memory: string;

beforeEach(async () => {
  memory = await mkdtemp(join(tmpdir(), 'made-once-'));
});

afterEach(() => rm(memory, { recursive: true, force: true }));

async function make(folder: string): Promise<void> {
  for (const file of files) await writeFile(join(folder, file), file);
}

test('workers that miss it at the same moment all read a whole one, however late each is', async () => {
  const looks = await Promise.all(
    [0, 5, 10, 20, 40, 80].map(async (delay) => {
      const slow = async (folder: string) => {
        await make(folder);
        await setTimeout(delay);
      };
      const folder = await madeOnce({ memory, kind: 'postgres', state: 'a', make: slow });
      const found: string[][] = [];
      for (let look = 0; look < 20; look++) {
        found.push(await readdir(folder));
        await setTimeout(5);
      }
      return found;
    }),
  );
  for (const found of looks.flat()) expect(found.toSorted()).toEqual(files.toSorted());
  expect(await readdir(memory)).toEqual(['postgres-a']);
});

test('it is made once', async () => {
  let made = 0;
  const counted = async (folder: string) => {
    made += 1;
    await make(folder);
  };
  await madeOnce({ memory, kind: 'postgres', state: 'a', make: counted });
  await madeOnce({ memory, kind: 'postgres', state: 'a', make: counted });
  expect(made).toBe(1);
});

test('of another state it is made anew, and the earlier one goes, and nothing of another kind', async () => {
  await mkdir(join(memory, 'mongo-a'));
  await madeOnce({ memory, kind: 'postgres', state: 'a', make });
  await madeOnce({ memory, kind: 'postgres', state: 'b', make });
  expect((await readdir(memory)).toSorted()).toEqual(['mongo-a', 'postgres-b']);
});

test('what could not be made is told, and nothing half-made stays', async () => {
  const fails = async (folder: string) => {
    await writeFile(join(folder, 'half'), '');
    throw new Error('no room');
  };
  await expect(madeOnce({ memory, kind: 'postgres', state: 'a', make: fails })).rejects.toThrow('no room');
  expect(await readdir(memory)).toEqual([]);
});
