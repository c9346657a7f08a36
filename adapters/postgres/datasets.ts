import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Datasets } from '#core/data/index.ts';
import type { Tables } from './tables.ts';

export function postgresDatasets(trx: Transaction<Tables>): Datasets {
  const versions = () =>
    trx
      .selectFrom('dataset_version')
      .innerJoin('dataset', 'dataset.id', 'dataset_version.dataset_id')
      .select([
        'dataset_version.id',
        'dataset.name as dataset',
        'dataset_version.number',
        'dataset_version.label',
        'dataset_version.sha256',
        'dataset_version.bytes',
        'dataset_version.format',
        'dataset_version.object_key as objectKey',
        'dataset_version.created_by as createdBy',
        'dataset_version.created_at as createdAt',
      ]);
  return {
    async lock(name, createdBy) {
      await trx
        .insertInto('dataset')
        .values({ id: uuidv7(), name, created_by: createdBy })
        .onConflict((existing) => existing.columns(['tenant_id', 'name']).doNothing())
        .execute();
      return trx.selectFrom('dataset').select('id').where('name', '=', name).forUpdate().executeTakeFirstOrThrow();
    },
    versionByContent: (datasetId, sha256) =>
      versions().where('dataset_version.dataset_id', '=', datasetId).where('dataset_version.sha256', '=', sha256).executeTakeFirst(),
    async addVersion(datasetId, { label, sha256, bytes, format, objectKey, createdBy }, now) {
      const { id } = await trx
        .insertInto('dataset_version')
        .values(({ selectFrom, fn, lit }) => ({
          id: uuidv7(),
          dataset_id: datasetId,
          number: selectFrom('dataset_version')
            .select(({ eb }) => eb(fn.coalesce(fn.max('number'), lit(0)), '+', 1).as('next'))
            .where('dataset_id', '=', datasetId),
          label,
          sha256,
          bytes,
          format,
          object_key: objectKey,
          created_by: createdBy,
          created_at: now,
        }))
        .returning('id')
        .executeTakeFirstOrThrow();
      return versions().where('dataset_version.id', '=', id).executeTakeFirstOrThrow();
    },
    findVersion(dataset, number) {
      const ofDataset = versions().where('dataset.name', '=', dataset);
      return (
        number === undefined
          ? ofDataset.orderBy('dataset_version.number', 'desc').limit(1)
          : ofDataset.where('dataset_version.number', '=', number)
      ).executeTakeFirst();
    },
    list: ({ limit, after }) =>
      trx
        .selectFrom('dataset')
        .innerJoin('dataset_version', 'dataset_version.dataset_id', 'dataset.id')
        .select(({ fn }) => [
          'dataset.id',
          'dataset.name',
          fn.max('dataset_version.number').as('latest'),
          'dataset.created_by as createdBy',
          'dataset.created_at as createdAt',
        ])
        .$if(after !== undefined, (query) => query.where('dataset.name', '>', after ?? ''))
        .groupBy('dataset.id')
        .orderBy('dataset.name')
        .limit(limit)
        .execute(),
    listVersions: (dataset, { limit, before }) =>
      versions()
        .where('dataset.name', '=', dataset)
        .$if(before !== undefined, (query) => query.where('dataset_version.number', '<', before ?? 0))
        .orderBy('dataset_version.number', 'desc')
        .limit(limit)
        .execute(),
  };
}
