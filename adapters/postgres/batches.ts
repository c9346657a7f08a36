import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Batch, Batches, BatchFailure } from '#core/batch/index.ts';
import { lockBeginning } from './lock-beginning.ts';
import type { Tables } from './tables.ts';

export function postgresBatches(trx: Transaction<Tables>): Batches {
  const batches = () =>
    trx
      .selectFrom('batch_prediction')
      .innerJoin('model', 'model.id', 'batch_prediction.model_id')
      .innerJoin('model_version', 'model_version.id', 'batch_prediction.model_version_id')
      .select([
        'batch_prediction.id',
        'model.name as model',
        'batch_prediction.model_id as modelId',
        'model_version.number as version',
        'batch_prediction.model_version_id as versionId',
        'batch_prediction.input_key as inputKey',
        'batch_prediction.input_sha256 as inputSha256',
        'batch_prediction.format',
        'batch_prediction.status',
        'batch_prediction.parts',
        'batch_prediction.rows',
        'batch_prediction.bad_rows as badRows',
        'batch_prediction.output_key as outputKey',
        'batch_prediction.bad_rows_key as badRowsKey',
        'batch_prediction.failure',
        'batch_prediction.created_by as createdBy',
        'batch_prediction.traceparent',
        'batch_prediction.created_at as createdAt',
        'batch_prediction.started_at as startedAt',
        'batch_prediction.ended_at as endedAt',
      ]);
  const byId = (id: string) => batches().where('batch_prediction.id', '=', id);
  return {
    async add({ modelId, versionId, inputKey, inputSha256, format, createdBy, traceparent }, now) {
      await lockBeginning(trx, 'somebody does');
      const { id } = await trx
        .insertInto('batch_prediction')
        .values({
          id: uuidv7(),
          model_id: modelId,
          model_version_id: versionId,
          input_key: inputKey,
          input_sha256: inputSha256,
          format,
          created_by: createdBy,
          traceparent: traceparent ?? null,
          created_at: now,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return batchOf(await byId(id).executeTakeFirstOrThrow());
    },
    async find(id) {
      const row = await byId(id).executeTakeFirst();
      return row && batchOf(row);
    },
    async lock(id) {
      const row = await byId(id).forUpdate('batch_prediction').executeTakeFirst();
      return row && batchOf(row);
    },
    async change(id, to, now) {
      const changed = trx.updateTable('batch_prediction').where('id', '=', id);
      switch (to.status) {
        case 'running':
          await changed
            .set({
              status: to.status,
              started_at: sql<Date>`coalesce(started_at, ${now})`,
              ...(to.parts === undefined ? {} : { parts: to.parts }),
              ...(to.rows === undefined ? {} : { rows: to.rows }),
            })
            .execute();
          return;
        case 'succeeded':
          await changed
            .set({ status: to.status, bad_rows: to.badRows, output_key: to.outputKey, bad_rows_key: to.badRowsKey, ended_at: now })
            .execute();
          return;
        case 'failed':
          await changed.set({ status: to.status, failure: JSON.stringify(to.failure), ended_at: now }).execute();
      }
    },
    async list({ model, limit, after }) {
      let query = batches().where('model.name', '=', model);
      if (after)
        query = query.where(sql<boolean>`(batch_prediction.created_at, batch_prediction.id) < (${after.createdAt}, ${after.id}::uuid)`);
      const rows = await query.orderBy('batch_prediction.created_at', 'desc').orderBy('batch_prediction.id', 'desc').limit(limit).execute();
      return rows.map(batchOf);
    },
  };
}

/** The failure was recorded by us; the column is opaque to everyone else. */
function batchOf({ failure, ...row }: Omit<Batch, 'failure'> & { readonly failure: unknown }): Batch {
  return { ...row, failure: failure as BatchFailure | null };
}
