import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundationMigrations, startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type Migration, migrate } from './migrate.ts';
import { removeSchema } from './remove-schema.ts';

let postgres: TestPostgres;
let migrations: readonly Migration[];
beforeAll(async () => {
  postgres = await startPostgres({ migrated: false });
  migrations = await foundationMigrations();
});
afterAll(() => postgres.stop());

const remove = () => removeSchema(postgres.owner, migrations, postgres.app.username);

/** Everything of every kind that is not Postgres's own. */
const catalog = (client: pg.Client) =>
  client
    .query<{ what: string }>(
      `select 'relation ' || relname as what from pg_class where relnamespace = 'public'::regnamespace
       union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
       union all select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace
       union all select 'schema ' || nspname from pg_namespace where nspname not like 'pg\\_%'
       union all select 'extension ' || extname from pg_extension
       union all select 'trigger ' || evtname from pg_event_trigger
       union all select 'role ' || rolname from pg_roles order by 1`,
    )
    .then(({ rows }) => rows.map(({ what }) => what));

describe('removing the schema', () => {
  it('leaves the database as the first migration found it, and can be done again', async () => {
    await postgres.asOwner((client) => client.query('create table theirs (id int primary key)'));
    const before = await postgres.asOwner(catalog);
    await migrate(postgres.owner, migrations, postgres.app);
    await postgres.newTenant();
    expect((await postgres.asOwner(catalog)).length).toBeGreaterThan(before.length + 100);
    for (const _ of ['once', 'twice']) {
      await remove();
      expect(await postgres.asOwner(catalog)).toEqual(before);
    }
    expect(await migrate(postgres.owner, migrations, postgres.app)).toHaveLength(migrations.length);
  });

  it('removes nothing when something else depends on a part', async () => {
    await migrate(postgres.owner, migrations, postgres.app);
    await postgres.asOwner((client) => client.query('create view theirs_too as select id from tenant'));
    const before = await postgres.asOwner(catalog);
    await expect(remove()).rejects.toThrow(/depend/);
    expect(await postgres.asOwner(catalog)).toEqual(before);
  });
});
