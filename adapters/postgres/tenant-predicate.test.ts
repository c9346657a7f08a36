import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { describe, expect, it } from 'vitest';
import { objectOf } from './object-of.ts';
import type { Tables } from './tables.ts';
import { tenantPredicate } from './tenant-predicate.ts';

const TENANT = '01900000-0000-7000-8000-000000000001';
const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (any) => new PostgresIntrospector(any),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
}).withPlugin(tenantPredicate(TENANT));

describe('the tenant predicate', () => {
  it.each([
    {
      name: 'a table of many conditions, none of which can get around it',
      query: db.selectFrom('model').select('id').where(sql<boolean>`name = 'a' or true`),
      says: `where (name = 'a' or true) and "model"."tenant_id" = $1`,
    },
    {
      name: 'each table of a join, also one that may find nothing',
      query: db
        .selectFrom('rollout')
        .innerJoin('model', 'model.id', 'rollout.model_id')
        .leftJoin('model_version as baseline', 'baseline.id', 'rollout.baseline_version_id')
        .select('rollout.id'),
      says:
        `inner join "model" on ("model"."id" = "rollout"."model_id") and "model"."tenant_id" = $1 ` +
        `left join "model_version" as "baseline" on ("baseline"."id" = "rollout"."baseline_version_id") and "baseline"."tenant_id" = $2 ` +
        `where "rollout"."tenant_id" = $3`,
    },
    {
      name: 'a subquery within a template',
      query: db
        .selectFrom('run')
        .select((of) => [
          objectOf(of.selectFrom('param').select(['key', 'value'])).as('params'),
          jsonArrayFrom(of.selectFrom('run_tag').select('key')).as('tags'),
        ]),
      says: `(select "key", "value" from "param" where "param"."tenant_id" = $1) as pair`,
    },
    {
      name: 'an update',
      query: db.updateTable('scan').set({ rows: 1 }).where('id', '=', 's'),
      says: `("id" = $2) and "scan"."tenant_id" = $3`,
    },
    { name: 'a deletion of everything', query: db.deleteFrom('outbox'), says: `delete from "outbox" where "outbox"."tenant_id" = $1` },
    {
      name: 'the row that an insert met',
      query: db
        .insertInto('param')
        .values({ run_id: 'r', key: 'k', value: 'v' })
        .onConflict((met) => met.columns(['run_id', 'key']).doUpdateSet({ value: 'w' })),
      says: `do update set "value" = $4 where "param"."tenant_id" = $5`,
    },
    { name: 'the tenant itself, by its id', query: db.selectFrom('tenant').select('slug'), says: `from "tenant" where "tenant"."id" = $1` },
  ])('narrows $name', ({ query, says }) => {
    const { sql: text, parameters } = query.compile();
    expect(text).toContain(says);
    expect(parameters).toContain(TENANT);
  });

  it('finds nothing for nobody', () => {
    expect(db.withoutPlugins().withPlugin(tenantPredicate('')).selectFrom('model').select('id').compile().parameters).toEqual([null]);
  });
});
