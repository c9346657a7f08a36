import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundationMigrations, startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type Migration, migrate } from './migrate.ts';

let postgres: TestPostgres;
let migrations: readonly Migration[];
beforeAll(async () => {
  postgres = await startPostgres();
  migrations = await foundationMigrations();
});
afterAll(() => postgres.stop());

describe('migrate', () => {
  it('runs each file once, also when two deployments meet', async () => {
    const extra = [...migrations, { name: '9000-extra.sql', sql: 'create table extra (id int); select pg_sleep(0.2)' }];
    const ran = await Promise.all([migrate(postgres.owner, extra, postgres.app), migrate(postgres.owner, extra, postgres.app)]);
    expect(ran.flat()).toEqual(['9000-extra.sql']);
    expect(await migrate(postgres.owner, extra, postgres.app)).toEqual([]);
    await postgres.asOwner((client) => client.query(`drop table extra; delete from schema_migration where name = '9000-extra.sql'`));
  });

  it.each<{ name: string; files: (all: readonly Migration[]) => readonly Migration[]; message: RegExp }>([
    {
      name: 'a changed file',
      files: (all) => all.map(({ name, sql }) => ({ name, sql: `${sql} ` })),
      message: /changed after it was applied/,
    },
    { name: 'an older deployment', files: () => [], message: /not older than the database/ },
    {
      name: 'a file put before an applied one',
      files: (all) => [...all, { name: '0000-late.sql', sql: 'select 1' }],
      message: /later number/,
    },
    {
      name: 'broken SQL',
      files: (all) => [...all, { name: '9001-broken.sql', sql: 'create table half (id int); nonsense' }],
      message: /rolled back/,
    },
  ])('refuses $name and changes nothing', async ({ files, message }) => {
    await expect(migrate(postgres.owner, files(migrations), postgres.app)).rejects.toThrow(message);
    const { rows } = await postgres.asOwner((client) => client.query(`select to_regclass('half') as half`));
    expect(rows).toEqual([{ half: null }]);
    expect(await migrate(postgres.owner, migrations, postgres.app)).toEqual([]);
  });

  it('gives the app role the password of the moment', async () => {
    const password = "it's; new";
    await migrate(postgres.owner, migrations, { ...postgres.app, password });
    const { host, port, dbname: database, username: user } = postgres.app;
    const client = new pg.Client({ host, port, database, user, password });
    await client.connect();
    await client.end();
    await migrate(postgres.owner, migrations, postgres.app);
  });

  it('leaves the app role no way around row-level security', async () => {
    const { host, port, dbname: database, username: user, password } = postgres.app;
    const client = new pg.Client({ host, port, database, user, password });
    await client.connect();
    try {
      for (const statement of [
        'alter table audit disable row level security',
        'set role owner',
        'create table mine (id int)',
        'update audit set data = null',
      ]) {
        await expect(client.query(statement)).rejects.toThrow(/must be owner|permission denied/);
      }
      await expect(client.query('set row_security = off; select * from audit')).rejects.toThrow(/row-level security/);
    } finally {
      await client.end();
    }
  });
});
