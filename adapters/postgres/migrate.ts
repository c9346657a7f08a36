import { createHash } from 'node:crypto';
import pg from 'pg';
import { clientConfig } from './pool.ts';
import type { PostgresSecret } from './secret.ts';

export interface Migration {
  /** File name; migrations run in the order of their names. */
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings the database to the newest migration, forward only, one at a time however many call; each file is one transaction.
 * Makes the app's role before, which can log in and nothing else, and gives it the password.
 * @returns the names of the migrations that ran now
 * @throws an applied file was changed or is missing, the app's role could pass row-level security
 */
export async function migrate(
  owner: PostgresSecret,
  migrations: readonly Migration[],
  app: { readonly username: string; readonly password: string },
): Promise<readonly string[]> {
  const client = new pg.Client({ ...clientConfig(owner), connectionTimeoutMillis: 45_000 });
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtextextended('sluice/migrate', 0))`);
    await prepareRole(client, app);
    await client.query(
      'create table if not exists schema_migration (name text primary key, sha256 char(64) not null, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migration order by name');
    const waiting = waitingAfter(rows, migrations);
    for (const migration of waiting) await apply(client, migration);
    return waiting.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

function waitingAfter(
  applied: readonly { readonly name: string; readonly sha256: string }[],
  migrations: readonly Migration[],
): readonly Migration[] {
  const files = [...migrations].sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const { name, sha256 } of applied) {
    const file = files.find((migration) => migration.name === name);
    if (!file)
      throw new Error(
        `The database has the migration ${name}, this deployment does not. Deploy a version that is not older than the database.`,
      );
    if (sha256Of(file) !== sha256) {
      throw new Error(`The migration ${name} was changed after it was applied. Restore the file and put the change into a new one.`);
    }
  }
  const names = new Set(applied.map(({ name }) => name));
  const waiting = files.filter(({ name }) => !names.has(name));
  const last = applied.at(-1)?.name ?? '';
  const early = waiting.find(({ name }) => name < last);
  if (early) throw new Error(`The migration ${early.name} would run after ${last}, which is applied. Give it a later number.`);
  return waiting;
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query('insert into schema_migration (name, sha256) values ($1, $2)', [migration.name, sha256Of(migration)]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`The migration ${migration.name} failed and was rolled back: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** SUPERUSER and BYPASSRLS are never named: an owner without them may not even say NO to them, so the result is checked instead. */
async function prepareRole(
  client: pg.Client,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const role = client.escapeIdentifier(username);
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [username]);
  await client.query(`${rowCount === 0 ? 'create' : 'alter'} role ${role} with login password ${client.escapeLiteral(password)}`);
  const { rows } = await client.query('select rolsuper or rolbypassrls as passes from pg_roles where rolname = $1', [username]);
  if (rows[0]?.passes) throw new Error(`The role ${username} can bypass row-level security. Take SUPERUSER and BYPASSRLS from it.`);
}

function sha256Of({ sql }: Migration): string {
  return createHash('sha256').update(sql).digest('hex');
}
