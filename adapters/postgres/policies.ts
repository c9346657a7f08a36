import { sql, type Transaction } from 'kysely';
import { BUILT_IN, type Policies, type Policy, type PolicyRules } from '#core/governance/index.ts';
import type { Tables } from './tables.ts';

export function postgresPolicies(trx: Transaction<Tables>): Policies {
  const policies = () =>
    trx.selectFrom('policy').select(['version', 'rules', 'comment', 'created_by as createdBy', 'created_at as createdAt']);
  const current = async () => policyOf(await policies().orderBy('version', 'desc').limit(1).executeTakeFirst()) ?? BUILT_IN;
  return {
    current,
    async lockCurrent() {
      // The first version has no row to lock.
      await sql`select pg_advisory_xact_lock(hashtextextended('policy/' || sluice_tenant()::text, 0))`.execute(trx);
      return current();
    },
    async isInForce(rules) {
      const inForce = JSON.stringify((await current()).rules);
      const { rows } = await sql<{ same: boolean }>`select ${inForce}::jsonb = ${JSON.stringify(rules)}::jsonb as same`.execute(trx);
      return rows[0]?.same === true;
    },
    find: async (version) =>
      version === BUILT_IN.version ? BUILT_IN : policyOf(await policies().where('version', '=', version).executeTakeFirst()),
    async add({ version, rules, comment, createdBy }, now) {
      const row = { version, rules: JSON.stringify(rules), comment, created_by: createdBy, created_at: now };
      await trx.insertInto('policy').values(row).execute();
      return { version, rules, comment, createdBy, createdAt: now };
    },
    async list({ limit, before }) {
      const rows = await policies()
        .$if(before !== undefined, (query) => query.where('version', '<', before ?? 0))
        .orderBy('version', 'desc')
        .limit(limit)
        .execute();
      return rows.flatMap((row) => policyOf(row) ?? []);
    },
  };
}

/** The rules were checked when they were put; the column is opaque to everyone else. */
function policyOf(row: (Omit<Policy, 'rules'> & { readonly rules: unknown }) | undefined): Policy | undefined {
  return row && { ...row, rules: row.rules as PolicyRules };
}
