import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { sql } from 'kysely';
import pg from 'pg';
import { v7 } from 'uuid';
import { type Migration, migrate } from '../../adapters/postgres/migrate.ts';
import { type Postgres, postgresPool } from '../../adapters/postgres/pool.ts';
import type { PostgresSecret } from '../../adapters/postgres/secret.ts';
import { type EngineProcess, startEngine } from '../../local/engine-process.ts';
import { postgresEngine, preparePostgres } from '../../local/engines/postgres.ts';
import { freePort } from '../../local/free-port.ts';
import { madeOnce } from './made-once.ts';
import { childEnvironment, dataFolder, memoryFolder, ROOT } from './stores-folder.ts';

export interface TestPostgres {
  readonly owner: PostgresSecret;
  /** The role that the app's functions log in as. */
  readonly app: PostgresSecret;
  readonly pool: Postgres;
  /** A tenant of this call's own. */
  newTenant(): Promise<{ readonly id: string; readonly slug: string }>;
  /** As the owner, who is no superuser either, and sees no tenant's rows. */
  asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  /** As the owner within one tenant: to look at what no tenant may see, and to put there what others write. */
  asOwnerIn<T>(tenant: string, work: (client: pg.Client) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export async function foundationMigrations(): Promise<readonly Migration[]> {
  const folder = join(ROOT, 'adapters', 'postgres', 'migrations');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(names.map(async (name) => ({ name, sql: await readFile(join(folder, name), 'utf8') })));
}

/** The laptop region's Postgres, empty but for the migrations unless told otherwise, for one test file. */
export async function startPostgres({ migrated = true } = {}): Promise<TestPostgres> {
  const data = await dataFolder('postgres');
  const migrations = await foundationMigrations();
  if (migrated) await copyMigrated(data, migrations);
  // Without a checkpoint: what it wrote goes.
  const { running, owner } = await serve(data, 'QUIT');
  const { host, port, dbname, username, password } = owner;
  const app = newApp(owner);
  if (migrated) await migrate(owner, migrations, app);
  const pool = postgresPool(app, { max: 8 });

  async function asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ host, port, database: dbname, user: username, password });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  return {
    owner,
    app,
    pool,
    async newTenant() {
      const id = v7();
      const slug = `t-${id.slice(-8)}`;
      await pool.transaction().execute(async (trx) => {
        await sql`select set_config('sluice.tenant', ${id}, true)`.execute(trx);
        await trx.insertInto('tenant').values({ id, slug, name: slug }).execute();
      });
      return { id, slug };
    },
    asOwner,
    asOwnerIn: (tenant, work) =>
      asOwner(async (client) => {
        await client.query(`select set_config('sluice.tenant', $1, false)`, [tenant]);
        return work(client);
      }),
    async stop() {
      await pool.destroy();
      await running.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Serves the cluster in a folder, which is made when it is missing. */
async function serve(folder: string, stopSignal: 'INT' | 'QUIT'): Promise<{ running: EngineProcess; owner: PostgresSecret }> {
  const port = await freePort();
  const props = {
    folder: join(folder, 'cluster'),
    passwordFile: join(folder, 'password'),
    port,
    database: 'sluice',
    env: childEnvironment(),
    isDurable: false,
  };
  const engine = await postgresEngine(props);
  const running = await startEngine({ ...engine, stopSignal }, { python: 'python3', logs: folder });
  const { host, user: username, password, database: dbname } = await preparePostgres(props);
  return { running, owner: { host, port, dbname, username, password, ssl: 'disable' } };
}

function newApp(owner: PostgresSecret): PostgresSecret {
  return { ...owner, username: 'sluice_app', password: randomBytes(12).toString('hex') };
}

/** Puts a cluster with all migrations into the folder: a copy of one that is made once, because making it takes seconds. */
async function copyMigrated(folder: string, migrations: readonly Migration[]): Promise<void> {
  const made = await Promise.all(['package-lock.json', 'local/engines/postgres.ts'].map((file) => readFile(join(ROOT, file), 'utf8')));
  const state = createHash('sha256')
    .update(JSON.stringify([made, migrations]))
    .digest('hex')
    .slice(0, 16);
  const template = await madeOnce({ memory: memoryFolder(), kind: 'postgres', state, make: (making) => makeMigrated(making, migrations) });
  // Not `fs.cp`, which leaves the files to whoever copies them: where root runs the tests, they are another user's.
  await execa('cp', ['-a', `${template}/.`, folder]);
}

async function makeMigrated(folder: string, migrations: readonly Migration[]): Promise<void> {
  const { running, owner } = await serve(folder, 'INT');
  await migrate(owner, migrations, newApp(owner)).finally(() => running.stop());
}
