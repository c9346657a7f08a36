import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Deployment, Deployments } from '#core/registry/index.ts';
import type { Arm } from '#core/serving/index.ts';
import type { Tables } from './tables.ts';

const COLUMNS = [
  'id',
  'model_id as modelId',
  'model_version_id as modelVersionId',
  'execution_id as executionId',
  'revision',
  'arms',
  'status',
  'live_at as liveAt',
] as const;

export function postgresDeployments(trx: Transaction<Tables>): Deployments {
  return {
    async ofExecution(execution) {
      const row = await trx.selectFrom('deployment').select(COLUMNS).where('execution_id', '=', execution).executeTakeFirst();
      return row && deploymentOf(row);
    },
    async live(modelId) {
      const row = await trx
        .selectFrom('deployment')
        .select(COLUMNS)
        .where('model_id', '=', modelId)
        .where('status', '=', 'live')
        .executeTakeFirst();
      return row && deploymentOf(row);
    },
    async add({ modelId, modelVersionId, executionId, arms }, createdBy, now) {
      const row = await trx
        .insertInto('deployment')
        .values(({ selectFrom, fn, lit }) => ({
          id: uuidv7(),
          model_id: modelId,
          model_version_id: modelVersionId,
          execution_id: executionId,
          revision: selectFrom('deployment')
            .select(({ eb }) => eb(fn.coalesce(fn.max('revision'), lit(0)), '+', 1).as('next'))
            .where('model_id', '=', modelId),
          arms: JSON.stringify(arms),
          status: 'deploying',
          created_by: createdBy,
          created_at: now,
        }))
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
      return deploymentOf(row);
    },
    async move(id, to, now) {
      await trx
        .updateTable('deployment')
        .set({ status: to, ...(to === 'live' ? { live_at: now } : {}) })
        .where('id', '=', id)
        .execute();
    },
  };
}

function deploymentOf({ arms, ...row }: Omit<Deployment, 'arms'> & { readonly arms: unknown }): Deployment {
  return { ...row, arms: arms as readonly Arm[] };
}
