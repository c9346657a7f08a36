import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { MongoClient } from 'mongodb';
import { MongoBinary } from 'mongodb-memory-server-core';
import type { Engine } from '../engine.ts';
import { isInstalled, pythonEnvironment } from '../python-environment.ts';

const SECANTUS = fileURLToPath(new URL('./secantusdb-requirements.txt', import.meta.url));
const MONGOD_VERSION = '8.0.4';
const DOWNLOAD_SECONDS = 60;

/** `server`: somebody else's, by its URI. `mongod` and `secantusdb` run as a child and keep their data in the region. */
export type MongoChoice =
  | { readonly kind: 'server'; readonly uri: string }
  | { readonly kind: 'mongod'; readonly binary: string }
  | { readonly kind: 'secantusdb'; readonly binary: string };

export interface ChooseMongoProps {
  readonly root: string;
  /** The region's own folder. */
  readonly folder: string;
  /** A server that is there already. */
  readonly uri: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  /** Aborted, it ends an installation and rejects. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The first that works: the given server, `mongod` on the PATH, a downloaded `mongod`, SecantusDB. The kind that once kept data
 * here is preferred afterwards, because another one could not read it.
 */
export async function chooseMongo(props: ChooseMongoProps): Promise<MongoChoice> {
  const { folder, uri, say } = props;
  if (uri !== undefined) {
    if (!(await answers(uri, 5)))
      throw new Error('MONGODB_URI names a server that does not answer. Start it, or unset MONGODB_URI to use the region’s own.');
    say('mongo: the server that MONGODB_URI names');
    return { kind: 'server', uri };
  }
  const memory = join(folder, 'mongo-kind');
  const kept = await readFile(memory, 'utf8').catch(() => '');
  const choice = kept === 'secantusdb' ? await secantusdb(props) : await mongodOrElse(props);
  await mkdir(folder, { recursive: true });
  await writeFile(memory, choice.kind);
  return choice;
}

async function mongodOrElse(props: ChooseMongoProps): Promise<MongoChoice> {
  const { env, root, say, signal } = props;
  const onPath = await execa('mongod', ['--version'], { reject: false, env: { ...env }, extendEnv: false });
  if (!onPath.failed) {
    say(`mongo: mongod on the PATH (${/v\d+\.\d+\.\d+/.exec(onPath.stdout)?.[0] ?? 'version unknown'})`);
    return { kind: 'mongod', binary: 'mongod' };
  }
  // Where it was needed once, the download failed once: it is not tried at every start.
  if (await isInstalled({ name: 'secantusdb', root })) return secantusdb(props, 'no mongod on the PATH');
  const downloadDir = join(root, '.sluice', 'mongod');
  const download = MongoBinary.getPath({ version: MONGOD_VERSION, downloadDir, checkMD5: true }).then(
    (binary) => ({ binary }),
    (error: Error) => ({ reason: error.message.replace(/[,:]?\s*Details:[\s\S]*/, '') }),
  );
  const found = await Promise.race([
    download,
    sleep(DOWNLOAD_SECONDS * 1000, { reason: `took longer than ${DOWNLOAD_SECONDS} s` }, { ref: false, ...(signal && { signal }) }),
  ]);
  if ('binary' in found) {
    const tried = await execa(found.binary, ['--version'], { reject: false });
    if (!tried.failed) {
      say(`mongo: mongod ${MONGOD_VERSION}, downloaded`);
      return { kind: 'mongod', binary: found.binary };
    }
  }
  const reason = 'reason' in found ? found.reason : 'it does not run on this machine';
  return secantusdb(props, `no mongod on the PATH, and the download failed: ${reason}`);
}

async function secantusdb({ root, say, signal }: ChooseMongoProps, reason = 'it keeps this region’s data'): Promise<MongoChoice> {
  const { bin } = await pythonEnvironment({ name: 'secantusdb', requirements: SECANTUS, root, say, signal });
  say(`mongo: SecantusDB (${reason})`);
  return { kind: 'secantusdb', binary: join(bin, 'secantusd-py') };
}

export function mongoUri(choice: MongoChoice, port: number): string {
  return choice.kind === 'server' ? choice.uri : `mongodb://127.0.0.1:${port}/?directConnection=true&retryWrites=false`;
}

export interface MongoEngineProps {
  readonly choice: MongoChoice;
  readonly data: string;
  readonly port: number;
  readonly env: Engine['env'];
  /** Whether SecantusDB answers when a write is on the disk; `mongod` is told by each write. @default true */
  readonly isDurable?: boolean;
}

/** The child that serves the choice; `undefined` where the server is somebody else's. */
export async function mongoEngine({ choice, data, port, env, isDurable = true }: MongoEngineProps): Promise<Engine | undefined> {
  if (choice.kind === 'server') return undefined;
  await mkdir(data, { recursive: true });
  const address = ['--port', String(port)];
  const command: Engine['command'] =
    choice.kind === 'mongod'
      ? [choice.binary, '--dbpath', data, '--bind_ip', '127.0.0.1', ...address, '--nounixsocket', '--wiredTigerCacheSizeGB', '0.25']
      : [
          choice.binary,
          '--storage-path',
          data,
          '--host',
          '127.0.0.1',
          ...address,
          '--standalone',
          '--cache-size',
          '128M',
          ...(isDurable ? ['--sync-on-commit'] : []),
        ];
  return { name: 'mongo', port, command, cwd: data, env, isReady: () => answers(mongoUri(choice, port), 2) };
}

async function answers(uri: string, timeoutSeconds: number): Promise<boolean> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: timeoutSeconds * 1000 });
  try {
    await client.db('admin').command({ ping: 1 });
    return true;
  } catch {
    return false;
  } finally {
    await client.close().catch(() => undefined);
  }
}
