import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from './engine.ts';
import { poll } from './poll.ts';

const GUARD = fileURLToPath(new URL('./guard.py', import.meta.url));
const LOG_LIMIT = 20 * 1024 * 1024;

export interface EngineProcess {
  readonly engine: Engine;
  /** The guard's process id; the engine and what it starts are its descendants. */
  readonly pid: number;
  /** How it ended, in words; never rejects. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface StartEngineProps {
  /** The Python that runs the guard. */
  readonly python: string;
  readonly logs: string;
}

/** Starts one engine under its guard and waits until it serves. */
export async function startEngine(engine: Engine, { python, logs }: StartEngineProps): Promise<EngineProcess> {
  const logFile = join(logs, `${engine.name}.log`);
  const child = spawnGuarded(engine, python, logFile);
  let isOver = false;
  const ended = new Promise<string>((resolve) => {
    const over = (how: string) => {
      isOver = true;
      resolve(how);
    };
    child.once('error', (error) => over(error.message));
    child.once('exit', (code, signal) => over(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  });
  const stop = async () => {
    child.stdin?.end();
    await ended;
  };
  const ready = await poll(
    async () => (isOver ? false : (await engine.isReady().catch(() => false)) ? true : undefined),
    engine.startSeconds ?? 30,
  );
  if (ready === true && child.pid !== undefined) return { engine, pid: child.pid, ended, stop };
  const how = isOver ? await ended : `does not answer on port ${engine.port} after ${engine.startSeconds ?? 30} s`;
  await stop();
  throw new Error(`${engine.name} ${how}. Its log (${logFile}) ends with:\n${await lastLines(logFile, 12)}`);
}

function spawnGuarded(engine: Engine, python: string, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  if (statSync(logFile).size > LOG_LIMIT) truncateSync(logFile);
  const guard = ['-I', '-S', GUARD, '--signal', engine.stopSignal ?? 'TERM', '--grace', String(engine.graceSeconds ?? 10), '--'];
  const child = spawn(python, [...guard, ...engine.command], {
    ...(engine.cwd ? { cwd: engine.cwd } : {}),
    env: engine.env,
    // The guard watches its standard input: this end is held by the supervisor and by nobody else.
    stdio: ['pipe', log, log],
    // A session of its own: Ctrl-C in the terminal reaches the supervisor, which then ends the engines in order.
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  closeSync(log);
  return child;
}

export async function lastLines(file: string, count: number): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return '(no log)';
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(16_384), 0, 16_384, Math.max(0, size - 16_384));
    return buffer.subarray(0, bytesRead).toString('utf8').trimEnd().split('\n').slice(-count).join('\n');
  } finally {
    await handle.close();
  }
}
