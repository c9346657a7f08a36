import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLines } from './engine-process.ts';
import { tryLock, unlock } from './lock.ts';
import { regionStatus, resetRegion, type SupervisorMessage, startRegion, stopRegion, supervisorLock } from './region.ts';
import { regionFolder } from './region-record.ts';
import { supervise } from './supervisor.ts';

const USAGE = 'npm run region -- up | down | status | logs [engine] | reset';
const DATABASE = 'sluice';
const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const say = (line: string) => console.log(line);

const commands: Readonly<Record<string, (...rest: readonly string[]) => Promise<number>>> = {
  async up() {
    const region = await startRegion({ root, say });
    console.log(region.isOurs ? 'The region is up.' : 'The region was up already.');
    console.log(`AWS       ${region.endpoint}\nHTTP API  ${region.edgeUrl}`);
    return 0;
  },
  async down() {
    await stopRegion({ root, say });
    console.log('The region is down.');
    return 0;
  },
  async status() {
    const { state, region, reason, engines } = await regionStatus(root);
    console.log(`The region is ${state === 'ready' ? 'up' : state}${reason === undefined || state !== 'down' ? '.' : ` (${reason}).`}`);
    for (const { name, pid, port, memoryBytes } of engines) {
      console.log(`${name.padEnd(10)} pid ${String(pid).padEnd(8)} port ${String(port).padEnd(6)} ${megabytes(memoryBytes)}`);
    }
    if (region) {
      console.log(`together   ${megabytes(engines.reduce((sum, each) => sum + each.memoryBytes, 0))}`);
      console.log(`AWS        ${region.endpoint}\nHTTP API   ${region.edgeUrl}`);
    }
    return state === 'ready' ? 0 : 3;
  },
  async logs(engine) {
    const folder = join(regionFolder(root), 'logs');
    const files = (await readdir(folder).catch(() => [])).filter((file) => engine === undefined || file === `${engine}.log`);
    if (files.length === 0) console.error(engine === undefined ? 'There are no logs yet.' : `There is no log of ${engine} in ${folder}.`);
    for (const file of files)
      console.log(`== ${join(folder, file)}\n${await lastLines(join(folder, file), engine === undefined ? 15 : 200)}\n`);
    return files.length === 0 ? 1 : 0;
  },
  async reset() {
    await resetRegion({ root, say });
    console.log('The region is down and has forgotten everything.');
    return 0;
  },
  supervise: (lifetime, folder = regionFolder(root)) => superviseRegion(lifetime === 'parent' ? 'parent' : 'background', folder),
};

/** The process behind `up`: holds the lock, owns the engines, ends with its parent where it was told so. */
async function superviseRegion(lifetime: 'parent' | 'background', folder: string): Promise<number> {
  const tell = (message: SupervisorMessage) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  const aborter = new AbortController();
  const abort = (reason: string) => aborter.abort(reason);
  process.on('SIGTERM', () => abort('was asked to'));
  process.on('SIGINT', () => abort('was asked to'));
  process.on('SIGHUP', () => undefined);
  let isUp = false;
  process.on('disconnect', () => {
    if (!isUp) abort('its start was interrupted');
    else if (lifetime === 'parent') abort('the program that started it ended');
  });
  if (!(await tryLock(supervisorLock(folder)))) {
    tell({ busy: true });
    return 1;
  }
  try {
    const report = (line: string) => {
      console.log(`${new Date().toISOString()} ${line}`);
      tell({ say: line });
    };
    const env = Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !isTheUsersOwn(entry[0])),
    );
    const { ended } = await supervise({
      root,
      folder,
      database: DATABASE,
      mongoUri: process.env['MONGODB_URI'],
      env,
      say: report,
      signal: aborter.signal,
    });
    isUp = true;
    tell({ ready: true });
    report(`the region is down: ${await ended}`);
    return 0;
  } catch (error) {
    console.error(error);
    tell({ failed: (error as Error).message ?? String(error) });
    return 1;
  } finally {
    await unlock(supervisorLock(folder));
  }
}

/** Settings that would send the region's engines to a real account, or change how they run. */
function isTheUsersOwn(name: string): boolean {
  return /^(AWS_|PG[A-Z]+$|NODE_OPTIONS$|NODE_PATH$|PYTHON|npm_|MINISTACK_|LOCALSTACK_|SERVICES$|AUTH$)/.test(name);
}

function megabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1024 / 1024)).padStart(5)} MB`;
}

const [command = '', ...rest] = process.argv.slice(2);
const run = commands[command];
if (!run) console.error(`Usage: ${USAGE}`);
const code = run
  ? await run(...rest).catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    })
  : 2;
process.exit(code);
