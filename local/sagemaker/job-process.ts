import { execFile, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { sendSignal } from '../processes.ts';
import type { ProcessIdentity } from './training-job.ts';

export interface LaunchProps {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: string;
}

/** What `python/launch.py` leaves behind. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly abandoned?: boolean;
  readonly endedAt: number;
  readonly cpuSeconds: number;
  readonly maxRssKilobytes: number;
}

/** Starts the command as the leader of a process group of its own, which outlives this process. */
export async function launch({ command: [program = '', ...words], env, cwd, log }: LaunchProps): Promise<ProcessIdentity> {
  const output = await open(log, 'a');
  try {
    const child = spawn(program, words, { cwd, env, detached: true, stdio: ['ignore', output.fd, output.fd] });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    const pid = child.pid as number;
    return { pid, startedAt: (await startTime(pid)) ?? 'gone' };
  } finally {
    await output.close();
  }
}

export async function isRunning({ pid, startedAt }: ProcessIdentity): Promise<boolean> {
  return (await startTime(pid)) === startedAt;
}

export async function readExit(path: string): Promise<Exit | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Exit);
}

/** SIGTERM goes to the whole group, because the toolkit does not hand it on. */
export function askToEnd({ pid }: ProcessIdentity): void {
  sendSignal(-pid, 'SIGTERM');
}

/** Ends the job and whatever it started: the leader sees to it; should it be stuck itself, the group is killed. */
export async function forceEnd(identity: ProcessIdentity): Promise<void> {
  if (!(await isRunning(identity))) return;
  sendSignal(identity.pid, 'SIGUSR1');
  for (let waited = 0; waited < 2_000; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!(await isRunning(identity))) return;
  }
  sendSignal(-identity.pid, 'SIGKILL');
}

/** When the process began, as its kernel tells it; undefined when there is none, or only its remains. */
async function startTime(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return startTimeByPs(pid);
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' '); // the name before may hold spaces and brackets
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

async function startTimeByPs(pid: number): Promise<string | undefined> {
  const found = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => undefined);
  const text = found?.stdout.trim() ?? '';
  return text === '' || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
}
