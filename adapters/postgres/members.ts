import { sql, type Transaction } from 'kysely';
import type { Member, Members, Tenants } from '#core/governance/index.ts';
import type { Role } from '#core/kernel/index.ts';
import type { Tables } from './tables.ts';

export function postgresMembers(trx: Transaction<Tables>): Members {
  const members = () =>
    trx
      .selectFrom('membership')
      .select(['principal_id as principal', 'principal_kind as kind', 'display_name as displayName', 'roles', 'revision']);
  return {
    async list({ limit, after }) {
      const rows = await members()
        .where(sql<boolean>`roles <> '{}'`)
        .$if(after !== undefined, (query) => query.where('principal_id', '>', after ?? ''))
        .orderBy('principal_id')
        .limit(limit)
        .execute();
      return rows.map(memberOf);
    },
    async lock(principal) {
      // Somebody new has no row that two who add him could both lock.
      await sql`select pg_advisory_xact_lock(hashtextextended('member/' || sluice_tenant()::text || '/' || ${principal}, 0))`.execute(trx);
      const row = await members().where('principal_id', '=', principal).forUpdate().executeTakeFirst();
      return row && memberOf(row);
    },
    async put({ principal, kind, displayName, roles }, now) {
      const row = { principal_kind: kind, display_name: displayName, roles: [...roles], updated_at: now };
      const { revision } = await trx
        .insertInto('membership')
        .values({ principal_id: principal, ...row, created_at: now })
        .onConflict((existing) =>
          existing.columns(['tenant_id', 'principal_id']).doUpdateSet({ ...row, revision: sql<number>`membership.revision + 1` }),
        )
        .returning('revision')
        .executeTakeFirstOrThrow();
      return { principal, kind, displayName, roles, revision };
    },
    async otherAdmins(principal) {
      const rows = await members().where('principal_id', '<>', principal).where(sql<boolean>`'admin' = any(roles)`).forUpdate().execute();
      return rows.length;
    },
  };
}

export function postgresTenants(trx: Transaction<Tables>): Tenants {
  return {
    async add(tenant) {
      await trx.insertInto('tenant').values(tenant).execute();
    },
    // Row-level security shows no other tenant than the transaction's own.
    current: () => trx.selectFrom('tenant').select(['id', 'slug', 'name']).executeTakeFirst(),
  };
}

function memberOf(row: Omit<Member, 'roles'> & { readonly roles: readonly string[] }): Member {
  return { ...row, roles: row.roles as readonly Role[] };
}
