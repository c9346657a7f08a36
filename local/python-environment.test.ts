import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { poll } from './poll.ts';
import { isAlive } from './processes.ts';
import { pythonEnvironment } from './python-environment.ts';

let root: string;
let machine: string;
const said: string[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'environment-'));
  machine = join(root, 'machine');
  await mkdir(machine);
  await writeFile(join(root, 'requirements.txt'), 'six==1.17.0\n');
  vi.stubEnv('PATH', machine);
  said.length = 0;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true, maxRetries: 10 });
});

/** Puts a command on the PATH that says it is this Python and makes environments that do nothing; `slow` is what making one does besides. */
async function install(command: string, version: string, slow = ''): Promise<void> {
  const path = join(machine, command);
  const make = `/bin/mkdir -p "$3/bin"; ${slow} /bin/cp "$0" "$3/bin/python"`;
  await writeFile(path, `#!/bin/sh\ncase "$2" in\nvenv) ${make} ;;\npip) ;;\n*) echo "${version.replaceAll('.', ' ')} $0" ;;\nesac\n`);
  await chmod(path, 0o755);
}

const make = (signal?: AbortSignal) =>
  pythonEnvironment({ name: 'e', requirements: join(root, 'requirements.txt'), root, say: (line) => said.push(line), signal });

describe('the Python that an environment is made of', () => {
  it.each([
    ['the machine’s own, where it will do', { python3: '3.11.7', 'python3.12': '3.12.1' }, '3.11.7'],
    ['the one beside a newer one', { python3: '3.14.0', 'python3.13': '3.13.0' }, '3.13.0'],
    ['the one that AWS runs, of several beside it', { python3: '3.14.0', 'python3.11': '3.11.9', 'python3.12': '3.12.1' }, '3.12.1'],
    ['the one beside an older one', { python3: '3.9.2', python: '3.13.0' }, '3.13.0'],
  ])('is %s', async (_, commands, version) => {
    for (const [command, its] of Object.entries(commands)) await install(command, its);
    await make();
    expect(said).toEqual([expect.stringContaining(`(Python ${version})`)]);
  });

  it('is refused by name where nothing is locked for it', async () => {
    await install('python3', '3.14.0');
    await expect(make()).rejects.toThrow(
      'Python 3.11, 3.12, or 3.13 is needed on the PATH; found python3 is 3.14.0. Install one, beside what is there if need be',
    );
  });
});

it('is ended with everything it started, and made again the next time', async () => {
  const child = join(root, 'child');
  await install('python3', '3.12.1', `/bin/sleep 60 & echo $! > ${child}; wait;`);
  const ending = new AbortController();
  const making = make(ending.signal);
  making.catch(() => undefined);
  const pid = Number(await poll(async () => (await readFile(child, 'utf8').catch(() => '')) || undefined, 10));
  expect(isAlive(pid)).toBe(true);
  ending.abort(new Error('was asked to'));
  await expect(making).rejects.toThrow('was asked to');
  expect(await poll(async () => (isAlive(pid) ? undefined : true), 10)).toBe(true);
  await expect(access(join(root, '.sluice', 'venvs', 'e'))).rejects.toThrow('ENOENT');
  await install('python3', '3.12.1');
  await make();
  expect(said).toHaveLength(1);
});

it('does not wait for another’s installation once it is ended', async () => {
  await install('python3', '3.12.1', '/bin/sleep 2;');
  const ending = new AbortController();
  const first = make();
  const second = make(ending.signal);
  ending.abort(new Error('was asked to'));
  await expect(second).rejects.toThrow('was asked to');
  expect(said).toEqual([]);
  await first;
});
