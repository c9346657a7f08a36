import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { whileLocked } from './lock.ts';
import { runTool } from './run-tool.ts';

export interface PythonEnvironmentProps {
  /** Folder name under `.sluice/venvs/`. */
  readonly name: string;
  /** Path of the lock file: `name==version` lines only. */
  readonly requirements: string;
  /** The repository's root. */
  readonly root: string;
  /** One line of progress, only when something has to be done. */
  readonly say: (line: string) => void;
  /** Aborted, it ends the installation and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface PythonEnvironment {
  readonly python: string;
  readonly bin: string;
}

/** What every lock file here has wheels for. */
const SUPPORTED = ['3.11', '3.12', '3.13'];
/** The machine's own first; of the others beside it, the one that AWS's images run. */
const CANDIDATES = ['python3', 'python3.12', 'python3.13', 'python3.11', 'python'];
const DESCRIBE = 'import sys; print(sys.version_info[0], sys.version_info[1], sys.version_info[2], sys.executable)';

/**
 * A virtual environment that holds exactly what its lock file names. Made once, made again when the lock or the machine's
 * Python changes; safe to call from several processes at once. An interrupted set-up leaves no marker and is repeated.
 */
export async function pythonEnvironment({ name, requirements, root, say, signal }: PythonEnvironmentProps): Promise<PythonEnvironment> {
  const folder = join(root, '.sluice', 'venvs', name);
  const environment = { python: join(folder, 'bin', 'python'), bin: join(folder, 'bin') };
  const marker = join(folder, '.lock-hash');
  const lock = await readFile(requirements, 'utf8');
  const interpreter = await findInterpreter();
  const hash = createHash('sha256').update(`${interpreter.version} ${interpreter.path} ${folder}\n${lock}`).digest('hex');
  const isCurrent = async () => (await readFile(marker, 'utf8').catch(() => '')) === hash;
  if (await isCurrent()) return environment;
  const make = async () => {
    if (await isCurrent()) return;
    const began = Date.now();
    await remove(folder);
    await install(interpreter.path, folder, environment.python, requirements, name, signal);
    await writeFile(marker, hash);
    say(`Python environment ${name}: ready in ${Math.round((Date.now() - began) / 1000)} s (Python ${interpreter.version})`);
  };
  await whileLocked(`${folder}.making`, make, signal);
  return environment;
}

/** True when an environment of this name was made here before, of whichever lock file. */
export async function isInstalled({ name, root }: Pick<PythonEnvironmentProps, 'name' | 'root'>): Promise<boolean> {
  return (await readFile(join(root, '.sluice', 'venvs', name, '.lock-hash'), 'utf8').catch(() => '')) !== '';
}

/** What an ended installation still writes must not stop it. */
const remove = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 10 });

async function install(
  interpreter: string,
  folder: string,
  python: string,
  requirements: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--prefer-binary', '-r', requirements];
  try {
    await runTool(interpreter, ['-m', 'venv', folder], signal);
    await runTool(python, pip, signal);
  } catch (error) {
    await remove(folder);
    signal?.throwIfAborted();
    const detail = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split('\n')
      .slice(-12)
      .join('\n');
    const advice = /ensurepip|No module named venv/.test(detail)
      ? ' Install the venv module first (Debian and Ubuntu: apt install python3-venv).'
      : '';
    throw new Error(`The Python environment ${name} could not be made from ${basename(requirements)}.${advice}\n${detail}`, {
      cause: error,
    });
  }
}

async function findInterpreter(): Promise<{ path: string; version: string }> {
  const seen: string[] = [];
  for (const candidate of CANDIDATES) {
    const { stdout, failed } = await execa(candidate, ['-c', DESCRIBE], { reject: false });
    if (failed || typeof stdout !== 'string') continue;
    const [major = '', minor = '', patch = '', ...path] = stdout.trim().split(' ');
    if (SUPPORTED.includes(`${major}.${minor}`)) return { path: path.join(' '), version: `${major}.${minor}.${patch}` };
    seen.push(`${candidate} is ${major}.${minor}.${patch}`);
  }
  throw new Error(
    `Python ${new Intl.ListFormat('en', { type: 'disjunction' }).format(SUPPORTED)} is needed on the PATH; found ${seen.join(', ') || 'none'}. ` +
      'Install one, beside what is there if need be, and run this again.',
  );
}
