import type { Transaction } from 'kysely';
import type { Aliases } from '#core/registry/index.ts';
import type { Tables } from './tables.ts';

export function postgresAliases(trx: Transaction<Tables>): Aliases {
  return {
    followsRollouts: async (modelId, alias) => {
      const found = trx.selectFrom('rollout').select('id').where('model_id', '=', modelId).where('alias', '=', alias).limit(1);
      return (await found.executeTakeFirst()) !== undefined;
    },
    lock: (modelId, alias) =>
      trx
        .selectFrom('model_alias')
        .select(['alias', 'number', 'revision', 'set_by as setBy', 'set_at as setAt'])
        .where('model_id', '=', modelId)
        .where('alias', '=', alias)
        .forUpdate()
        .executeTakeFirst(),
    put: (modelId, alias, number, by, now) =>
      trx
        .insertInto('model_alias')
        .values({ model_id: modelId, alias, number, set_by: by, set_at: now })
        .onConflict((existing) =>
          existing.columns(['model_id', 'alias']).doUpdateSet(({ eb, ref }) => ({
            number,
            set_by: by,
            set_at: now,
            revision: eb(ref('model_alias.revision'), '+', 1),
          })),
        )
        .returning(['alias', 'number', 'revision', 'set_by as setBy', 'set_at as setAt'])
        .executeTakeFirstOrThrow(),
  };
}
