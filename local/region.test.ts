import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownPorts } from '../test/support/own-ports.ts';
import { poll } from './poll.ts';
import { isAlive } from './processes.ts';
import { type Region, regionStatus, resetRegion, startRegion, stopRegion } from './region.ts';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const say = () => undefined;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'region-'));
  await ownPorts(folder);
});
afterEach(() => resetRegion({ root, folder, say }));

const processesOf = (region: Region): readonly number[] => [region.pid, ...Object.values(region.engines)];
const areGone = (pids: readonly number[]) => poll(async () => (pids.some(isAlive) ? undefined : true), 30);

/** A program that starts the region for as long as it lives itself. */
async function parent(): Promise<{ pid: number; region: Region }> {
  const script = join(folder, 'parent.ts');
  const module = fileURLToPath(new URL('./region.ts', import.meta.url));
  await writeFile(
    script,
    `import { startRegion } from ${JSON.stringify(module)};
     const props = ${JSON.stringify({ root, folder, lifetime: 'parent' })};
     console.log(JSON.stringify(await startRegion({ ...props, say: () => undefined })));
     setInterval(() => undefined, 1000);`,
  );
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const region = await new Promise<Region>((done) => child.stdout.once('data', (text: Buffer) => done(JSON.parse(text.toString()))));
  return { pid: child.pid ?? 0, region };
}

describe('the region', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)('ends with its parent after a %s', async (signal) => {
    const { pid, region } = await parent();
    expect((await regionStatus(root, folder)).state).toBe('ready');
    process.kill(pid, signal);
    expect(await areGone(processesOf(region))).toBe(true);
    expect(await regionStatus(root, folder)).toMatchObject({ state: 'down', reason: 'the program that started it ended' });
  });

  it('leaves nothing behind after a kill -9 of its supervisor, and starts again', async () => {
    const region = await startRegion({ root, folder, say });
    process.kill(region.pid, 'SIGKILL');
    expect(await areGone(processesOf(region))).toBe(true);
    expect(await regionStatus(root, folder)).toMatchObject({ state: 'down', reason: 'the supervisor was killed' });
    const again = await startRegion({ root, folder, say });
    expect(again.ports).toEqual(region.ports);
  });

  it('is one, however many start it, and goes down when asked', async () => {
    const started = await Promise.all([startRegion({ root, folder, say }), startRegion({ root, folder, say })]);
    expect(started.map(({ isOurs }) => isOurs).toSorted()).toEqual([false, true]);
    const [region] = started;
    expect(new Set(started.map(({ pid }) => pid)).size).toBe(1);
    const { engines } = await regionStatus(root, folder);
    expect(engines.map(({ name }) => name).toSorted()).toEqual(['aws', 'edge', 'mongo', 'postgres', 'sagemaker']);
    expect(engines.every(({ memoryBytes }) => memoryBytes > 0)).toBe(true);
    await stopRegion({ root, folder, say });
    // A dead process keeps its id until its parent has asked how it ended.
    expect(await areGone(processesOf(region))).toBe(true);
    await stopRegion({ root, folder, say });
    expect(await regionStatus(root, folder)).toMatchObject({ state: 'down', reason: 'was asked to' });
  });
});
