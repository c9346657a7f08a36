import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from './engine.ts';
import { startEngine } from './engine-process.ts';
import { engineFleet } from './fleet.ts';
import { freePort } from './free-port.ts';
import { poll } from './poll.ts';
import { isAlive } from './processes.ts';

const python = 'python3';
const env = { PATH: process.env['PATH'] ?? '' };
let logs: string;
beforeEach(async () => {
  logs = await mkdtemp(join(tmpdir(), 'fleet-'));
});
afterEach(() => rm(logs, { recursive: true, force: true }));

/** A web server that also starts a grandchild in a session of its own and writes both process ids down. */
const PROGRAM = `
const { spawn } = require('node:child_process');
const far = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
require('node:fs').writeFileSync(process.env.PIDS, process.pid + ' ' + far.pid);
if (process.env.DEAF) process.on('SIGTERM', () => {});
require('node:http').createServer((q, s) => s.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
`;

async function program(extra: Partial<Engine> & { readonly env?: Record<string, string> } = {}): Promise<Engine> {
  const port = await freePort();
  return {
    name: 'program',
    port,
    command: [process.execPath, '-e', PROGRAM],
    isReady: async () => (await fetch(`http://127.0.0.1:${port}`)).ok,
    ...extra,
    env: { ...env, PORT: String(port), PIDS: join(logs, 'pids'), ...extra.env },
  };
}

const written = async (): Promise<number[]> => (await readFile(join(logs, 'pids'), 'utf8')).split(' ').map(Number);
const areGone = (pids: readonly number[]) => poll(async () => (pids.some(isAlive) ? undefined : true), 15);

describe('an engine', () => {
  it('ends with everything it started, also what left its session', async () => {
    const started = await startEngine(await program(), { python, logs });
    const pids = await written();
    expect(pids.every(isAlive)).toBe(true);
    await started.stop();
    expect(await areGone(pids)).toBe(true);
  });

  it('is killed when it does not listen', async () => {
    const started = await startEngine(await program({ graceSeconds: 0.5, env: { DEAF: '1' } }), { python, logs });
    const pids = await written();
    await started.stop();
    expect(await areGone(pids)).toBe(true);
  });

  it('that does not start is reported with the end of its log', async () => {
    const broken = await program({ command: [process.execPath, '-e', 'console.error("no space left"); process.exit(3)'] });
    await expect(startEngine(broken, { python, logs })).rejects.toThrow(/program ended with code 3[\s\S]*no space left/);
    const absent = await program({ command: ['/no/such/program'] });
    await expect(startEngine(absent, { python, logs })).rejects.toThrow(/No such file or directory/);
    // Long enough to have written who it is, on a busy machine too.
    const mute = await program({ startSeconds: 4, isReady: async () => false });
    await expect(startEngine(mute, { python, logs })).rejects.toThrow(/does not answer on port/);
    expect(await areGone(await written())).toBe(true);
  });

  it.each([['the supervisor'], ['the guard']])('leaves nothing behind after a kill -9 of %s', async (who) => {
    const port = await freePort();
    const script = join(logs, 'supervise.ts');
    const engineProcess = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
    await writeFile(
      script,
      `import { startEngine } from ${JSON.stringify(engineProcess)};
       const env = { PATH: process.env['PATH'], PORT: '${port}', PIDS: ${JSON.stringify(join(logs, 'pids'))} };
       const engine = { name: 'program', port: ${port}, command: [process.execPath, '-e', ${JSON.stringify(PROGRAM)}], env,
         isReady: async () => (await fetch('http://127.0.0.1:${port}')).ok };
       console.log((await startEngine(engine, { python: '${python}', logs: ${JSON.stringify(logs)} })).pid);`,
    );
    const supervisor = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const guard = await new Promise<number>((resolve) =>
      supervisor.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))),
    );
    const [engine = 0, far = 0] = await written();
    process.kill(who === 'the guard' ? guard : (supervisor.pid ?? 0), 'SIGKILL');
    // Nobody is left to end what had a session of its own when the guard itself was killed: only the engine must go.
    expect(await areGone(who === 'the guard' ? [guard, engine] : [guard, engine, far])).toBe(true);
    supervisor.kill('SIGKILL');
    if (who === 'the guard') process.kill(far, 'SIGKILL');
  });
});

describe('the fleet', () => {
  it('restarts what crashed, also when nobody can be told, and gives up on what crashes three times in a row', async () => {
    const said: string[] = [];
    const restarted: string[] = [];
    const reasons: string[] = [];
    const fleet = engineFleet({
      python,
      logs,
      say: (line) => said.push(line),
      onRestart: async (name) => {
        restarted.push(name);
        throw new Error('nobody answers');
      },
      giveUp: (reason) => reasons.push(reason),
    });
    await fleet.launch(await program());
    for (let times = 1; times <= 2; times++) {
      const [pid = 0] = await written();
      process.kill(pid, 'SIGKILL');
      const upAgain = () => said.filter((line) => line === 'program is up again').length;
      expect(await poll(async () => (upAgain() === times ? true : undefined), 15)).toBe(true);
    }
    expect(said[0]).toMatch(/^program ended with code 137; its log: .*program\.log$/);
    expect(said[1]).toBe('after the restart of program: nobody answers');
    expect(restarted).toEqual(['program', 'program']);
    const [last = 0] = await written();
    process.kill(last, 'SIGKILL');
    expect(await poll(async () => (reasons.length > 0 ? true : undefined), 15)).toBe(true);
    expect(reasons[0]).toContain('3 times in a row within 20 s of its start');
    await fleet.stop();
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']).catch(() => ({ stdout: '' }));
    expect(stdout).not.toContain(logs);
  });
});
