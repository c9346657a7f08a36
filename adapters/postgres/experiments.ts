import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Experiments } from '#core/experiments/index.ts';
import type { Tables } from './tables.ts';

export function postgresExperiments(trx: Transaction<Tables>): Experiments {
  return {
    async ensure(name) {
      await trx
        .insertInto('experiment')
        .values({ id: uuidv7(), name })
        .onConflict((existing) => existing.columns(['tenant_id', 'name']).doNothing())
        .execute();
      return trx.selectFrom('experiment').select('id').where('name', '=', name).executeTakeFirstOrThrow();
    },
    list: ({ limit, after }) =>
      trx
        .selectFrom('experiment')
        .select(['id', 'name', 'created_at as createdAt', 'updated_at as updatedAt'])
        .where('lifecycle_stage', '=', 'active')
        .$if(after !== undefined, (query) => query.where('name', '>', after ?? ''))
        .orderBy('name')
        .limit(limit)
        .execute(),
  };
}
