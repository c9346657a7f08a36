import { createHash } from 'node:crypto';
import { access, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../engine.ts';

const PLUGIN = fileURLToPath(new URL('../engine/plugin.py', import.meta.url));

/** In the engine's folder: which grants were used and what was denied, since the file was last removed. */
export const ACCESS_RECORD = 'access.jsonl';

export interface AwsProps {
  /** The engine's state, objects and temporary files. */
  readonly folder: string;
  readonly port: number;
  readonly python: string;
  readonly root: string;
  readonly sagemakerUrl: string;
  /** Whether a role may do what its policies say and nothing else. */
  readonly enforceIam: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/** The AWS engine with our plugin. */
export async function awsEngine({ folder, port, python, root, sagemakerUrl, enforceIam, env }: AwsProps): Promise<Engine> {
  const temporary = await unpackingFolder(folder);
  await Promise.all([join(folder, 'state'), join(folder, 's3')].map((path) => mkdir(path, { recursive: true })));
  return {
    name: 'aws',
    port,
    command: [python, PLUGIN],
    cwd: folder,
    startSeconds: 60,
    graceSeconds: 20,
    env: {
      ...env,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: 'localhost',
      MINISTACK_ACCOUNT_ID: '000000000000',
      MINISTACK_REGION: 'us-east-1',
      PERSIST_STATE: '1',
      STATE_DIR: join(folder, 'state'),
      S3_PERSIST: '1',
      S3_DATA_DIR: join(folder, 's3'),
      KEPT_USERS_FILE: join(folder, 'users.json'),
      LAMBDA_EXECUTOR: 'local',
      AUTH: String(enforceIam),
      ACCESS_RECORD_FILE: join(folder, ACCESS_RECORD),
      // Each warm function is a Node process of 40 to 100 MB: after a burst the region is small again soon.
      LAMBDA_WARM_TTL_SECONDS: '120',
      // Lambda waits one minute and then two before it calls with an event again; within three seconds no database is up again.
      LAMBDA_ASYNC_RETRY_BASE_SECONDS: '5',
      // With cryptography installed the engine would open a broker on every interface.
      IOT_MTLS_ENABLED: '0',
      TMPDIR: temporary,
      SAGEMAKER_ENDPOINT_URL: sagemakerUrl,
      NODE_PATH: await runtimeSdk(folder, root),
      PYTHONUNBUFFERED: '1',
      LOG_LEVEL: 'INFO',
    },
    async isReady() {
      const answer = await fetch(`http://127.0.0.1:${port}/_ministack/health`, { signal: AbortSignal.timeout(2000) });
      await answer.body?.cancel();
      return answer.ok;
    },
  };
}

/**
 * Where the engine unpacks functions and layers. Outside the clone, for a function must not find the clone's packages in the
 * folders above it: what its bundle lacks has to be missing here too. Emptied at every start, since a killed engine leaves its files.
 */
async function unpackingFolder(folder: string): Promise<string> {
  const path = await unpackingPath(folder);
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { mode: 0o700 });
  if (process.getuid && (await stat(path)).uid !== process.getuid())
    throw new Error(`${path} belongs to somebody else. Remove it and start again.`);
  // The engine's worker script is CommonJS, whatever a package.json further up says.
  await writeFile(join(path, 'package.json'), '{ "type": "commonjs" }\n');
  return path;
}

/** On disk where the machine has such a place: `/tmp` is often memory, and functions keep gigabytes there. */
async function unpackingPath(folder: string): Promise<string> {
  const parent = await access('/var/tmp').then(() => '/var/tmp', tmpdir);
  return join(parent, `laptop-region-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
}

export async function removeUnpacked(folder: string): Promise<void> {
  await rm(await unpackingPath(folder), { recursive: true, force: true });
}

/** AWS's Node runtime brings the SDK along, for the deploy tool's own handlers too; here it is a folder with links to it and nothing else. */
async function runtimeSdk(folder: string, root: string): Promise<string> {
  const modules = join(folder, 'sdk', 'node_modules');
  await rm(modules, { recursive: true, force: true });
  await mkdir(join(modules, '@aws-sdk'), { recursive: true });
  const installed = await readdir(join(root, 'node_modules', '@aws-sdk'));
  for (const name of installed.filter((each) => /^(client|lib|s3|util)-/.test(each))) {
    await symlink(join(root, 'node_modules', '@aws-sdk', name), join(modules, '@aws-sdk', name));
  }
  return modules;
}
