import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Models } from '#core/registry/index.ts';
import { objectOf } from './object-of.ts';
import type { Tables } from './tables.ts';

export function postgresModels(trx: Transaction<Tables>): Models {
  const models = () =>
    trx.selectFrom('model').select(({ selectFrom }) => [
      'model.id',
      'model.name',
      'model.description',
      'model.created_by as createdBy',
      'model.created_at as createdAt',
      'model.updated_at as updatedAt',
      selectFrom('model_version')
        .select(({ fn }) => fn.max('number').as('latest'))
        .whereRef('model_version.model_id', '=', 'model.id')
        .as('latestVersion'),
      selectFrom('model_version')
        .select('number')
        .whereRef('model_version.model_id', '=', 'model.id')
        .where('deployment_status', '=', 'live')
        .as('liveVersion'),
      objectOf(selectFrom('model_tag').select(['key', 'value']).whereRef('model_tag.model_id', '=', 'model.id')).as('tags'),
      objectOf(selectFrom('model_alias').select(['alias as key', 'number as value']).whereRef('model_alias.model_id', '=', 'model.id')).as(
        'aliases',
      ),
    ]);
  return {
    async lock(name, createdBy) {
      await trx
        .insertInto('model')
        .values({ id: uuidv7(), name, created_by: createdBy })
        .onConflict((existing) => existing.columns(['tenant_id', 'name']).doNothing())
        .execute();
      return trx.selectFrom('model').select('id').where('name', '=', name).forUpdate().executeTakeFirstOrThrow();
    },
    find: (name) => models().where('model.name', '=', name).executeTakeFirst(),
    list: ({ limit, after }) =>
      models()
        .$if(after !== undefined, (query) => query.where('model.name', '>', after ?? ''))
        .orderBy('model.name')
        .limit(limit)
        .execute(),
    async setTags(modelId, tags) {
      await trx.deleteFrom('model_tag').where('model_id', '=', modelId).execute();
      const rows = Object.entries(tags).map(([key, value]) => ({ model_id: modelId, key, value }));
      if (rows.length > 0) await trx.insertInto('model_tag').values(rows).execute();
    },
  };
}
