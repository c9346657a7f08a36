import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundationMigrations, startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { controlPlane } from './control-plane.ts';
import { type Migration, migrate } from './migrate.ts';
import { postgresOutbox } from './outbox.ts';

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

/** Rows of every table, of all tenants. */
async function rowsOf(postgres: TestPostgres): Promise<ReadonlyMap<string, number>> {
  return postgres.asOwner(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    const counts = new Map<string, number>();
    await client.query('begin');
    // Row-level security binds the owner too; what is changed here is rolled back.
    for (const { name } of rows) {
      await client.query(`alter table ${client.escapeIdentifier(name)} no force row level security`);
      const { rows: counted } = await client.query<{ count: string }>(`select count(*) from ${client.escapeIdentifier(name)}`);
      counts.set(name, Number(counted[0]?.count));
    }
    await client.query('rollback');
    return counts;
  });
}

describe('a database from before the loop', () => {
  const id = (nth: number) => `01a1fc00-0000-7000-8000-${String(nth).padStart(12, '0')}`;
  const [tenant, dataset, data, pipeline, file, execution] = [id(0), id(1), id(2), id(3), id(4), id(5)];
  const [model, version, deployment, message, intent] = [id(6), id(7), id(8), id(9), id(10)];
  const hash = 'a'.repeat(64);
  const plan = { deployment: { model: 'flights', alias: 'champion', strategy: 'all-at-once' }, approval: { required: false } };
  const before = `
    select set_config('sluice.tenant', '${tenant}', false);
    insert into tenant (id, slug, name) values ('${tenant}', 'acme', 'Acme');
    insert into dataset (id, name, created_by) values ('${dataset}', 'flights', 'ada');
    insert into dataset_version (id, dataset_id, number, sha256, bytes, format, object_key, created_by)
      values ('${data}', '${dataset}', 1, '${hash}', 1, 'parquet', 'k', 'ada');
    insert into pipeline (id, name, created_by) values ('${pipeline}', 'flights', 'ada');
    insert into pipeline_version (id, pipeline_id, number, source, source_sha256, definition, created_by)
      values ('${file}', '${pipeline}', 1, 's', '${hash}', '{}', 'ada');
    insert into execution (id, pipeline_version_id, dataset_version_id, plan, status, created_by, created_by_kind)
      values ('${execution}', '${file}', '${data}', '${JSON.stringify(plan)}', 'succeeded', 'ada', 'user');
    insert into model (id, name, created_by) values ('${model}', 'flights', 'ada');
    insert into model_version (id, model_id, number, stage, deployment_status, execution_id, artifact_key, artifact_sha256, artifact_bytes,
      signature_key, signature, created_by)
      values ('${version}', '${model}', 1, 'production', 'live', '${execution}', 'm', '${hash}', 1, 's', '{}', 'ada');
    insert into deployment (id, model_id, model_version_id, execution_id, revision, arms, status, created_by)
      values ('${deployment}', '${model}', '${version}', '${execution}', 1, '[]', 'live', 'ada');
    insert into outbox (id, intent, destination, type, subject, sequence, data)
      values ('${message}', '${intent}', 'execution', 'execution.ordered.v1', 'execution/${execution}', 1, '{"name":"${execution}"}')`;

  it('comes to the newest with what is in it: an execution, what is live, and an order that nobody has carried out', async () => {
    const old = await startPostgres({ migrated: false });
    try {
      const [first, ...later] = migrations;
      if (!first) throw new Error('there is no migration');
      await migrate(old.owner, [first], old.app);
      await old.asOwner((client) => client.query(before));
      // Each file meets a database that holds what the one before it left, and takes no row from it.
      for (const [index, { name }] of later.entries()) {
        const before = await rowsOf(old);
        expect([...before.values()].filter((rows) => rows > 0).length).toBeGreaterThan(8);
        expect(await migrate(old.owner, migrations.slice(0, index + 2), old.app)).toEqual([name]);
        const after = await rowsOf(old);
        expect([...before].filter(([table, rows]) => (after.get(table) ?? 0) < rows)).toEqual([]);
      }
      expect(await migrate(old.owner, migrations, old.app)).toEqual([]);

      const plane = controlPlane({ pool: old.pool, bell: { ring: async () => undefined } });
      const ctx = { tenant, principal: { id: 'ada', kind: 'user' as const, roles: [] }, now: new Date(), requestId: 'r' };
      const found = await plane.read(ctx, async (tx) => ({
        execution: await tx.executions.find(execution),
        version: await tx.modelVersions.live(model),
        deployment: await tx.deployments.live(model),
        rollout: await tx.rollouts.running(model),
      }));
      expect(found).toMatchObject({
        execution: { status: 'succeeded', plan },
        version: { number: 1, deploymentStatus: 'live' },
        deployment: { id: deployment, revision: 1, rolloutId: null, unserved: 0 },
        rollout: undefined,
      });
      expect(await postgresOutbox(old.pool).read(tenant, intent, 1000)).toMatchObject({
        state: 'ended',
        messages: [{ id: message, destination: 'execution', data: { name: execution } }],
      });
      // What is new is closed to other tenants as what is old is.
      const { rows } = await old.asOwner((client) =>
        client.query(`select relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
          where c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)`),
      );
      expect(rows).toEqual([]);
    } finally {
      await old.stop();
    }
  });
});
