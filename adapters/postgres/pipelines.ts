import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { PipelineSource, Pipelines, PipelineVersion } from '#core/pipelines/index.ts';
import type { Tables } from './tables.ts';

const VERSION = [
  'pipeline_version.id',
  'pipeline.name',
  'pipeline_version.number',
  'pipeline_version.source',
  'pipeline_version.source_sha256',
  'pipeline_version.definition',
  'pipeline_version.created_by',
  'pipeline_version.created_at',
] as const;

export function postgresPipelines(trx: Transaction<Tables>): Pipelines {
  const versions = () =>
    trx.selectFrom('pipeline_version').innerJoin('pipeline', 'pipeline.id', 'pipeline_version.pipeline_id').select(VERSION);
  return {
    async lock(name, createdBy) {
      await trx
        .insertInto('pipeline')
        .values({ id: uuidv7(), name, created_by: createdBy })
        .onConflict((existing) => existing.columns(['tenant_id', 'name']).doNothing())
        .execute();
      return trx.selectFrom('pipeline').select('id').where('name', '=', name).forUpdate().executeTakeFirstOrThrow();
    },

    async versionBySource(pipelineId, sourceSha256) {
      const row = await versions().where('pipeline_id', '=', pipelineId).where('source_sha256', '=', sourceSha256).executeTakeFirst();
      return row && toVersion(row);
    },

    async addVersion(pipelineId, { source, sourceSha256, definition, createdBy }) {
      const { id } = await trx
        .insertInto('pipeline_version')
        .values((row) => ({
          id: uuidv7(),
          pipeline_id: pipelineId,
          number: sql<number>`coalesce(${row
            .selectFrom('pipeline_version')
            .select(({ fn }) => fn.max('number').as('n'))
            .where('pipeline_id', '=', pipelineId)}, 0) + 1`,
          source,
          source_sha256: sourceSha256,
          definition: JSON.stringify(definition),
          created_by: createdBy,
        }))
        .returning('id')
        .executeTakeFirstOrThrow();
      return toVersion(await versions().where('pipeline_version.id', '=', id).executeTakeFirstOrThrow());
    },

    async find(name, number) {
      let query = versions().where('pipeline.name', '=', name);
      if (number !== undefined) query = query.where('pipeline_version.number', '=', number);
      const row = await query.orderBy('pipeline_version.number', 'desc').limit(1).executeTakeFirst();
      return row && toVersion(row);
    },

    async list({ limit, after }) {
      let query = trx
        .selectFrom('pipeline')
        .innerJoin('pipeline_version', 'pipeline_version.pipeline_id', 'pipeline.id')
        .select([
          'pipeline.id',
          'pipeline.name',
          'pipeline.created_by',
          'pipeline.created_at',
          ({ fn }) => fn.max('pipeline_version.number').as('latest'),
        ])
        .groupBy(['pipeline.id', 'pipeline.name', 'pipeline.created_by', 'pipeline.created_at']);
      if (after !== undefined) query = query.where('pipeline.name', '>', after);
      const rows = await query.orderBy('pipeline.name').limit(limit).execute();
      return rows.map((row) => ({ id: row.id, name: row.name, latest: row.latest, createdBy: row.created_by, createdAt: row.created_at }));
    },
  };
}

interface VersionRow {
  readonly id: string;
  readonly name: string;
  readonly number: number;
  readonly source: string;
  readonly source_sha256: string;
  readonly definition: unknown;
  readonly created_by: string;
  readonly created_at: Date;
}

function toVersion(row: VersionRow): PipelineVersion {
  return {
    id: row.id,
    pipeline: row.name,
    number: row.number,
    source: row.source,
    sourceSha256: row.source_sha256,
    // Written by `addVersion` alone, from a file that was read and checked.
    definition: row.definition as PipelineSource,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
