import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Deployment, Deployments } from '#core/registry/index.ts';
import type { Arm } from '#core/serving/index.ts';
import type { Tables } from './tables.ts';

const COLUMNS = [
  'id',
  'model_id as modelId',
  'model_version_id as modelVersionId',
  'rollout_id as rolloutId',
  'rollout_step as rolloutStep',
  'revision',
  'arms',
  'unserved',
  'status',
  'live_at as liveAt',
] as const;

export function postgresDeployments(trx: Transaction<Tables>): Deployments {
  return {
    async ofRollout(rollout) {
      const rows = await trx.selectFrom('deployment').select(COLUMNS).where('rollout_id', '=', rollout).orderBy('revision').execute();
      return rows.map(deploymentOf);
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
    async add({ modelId, modelVersionId, rolloutId, rolloutStep, arms, unserved }, createdBy, now) {
      const row = await trx
        .insertInto('deployment')
        .values(({ selectFrom, fn, lit }) => ({
          id: uuidv7(),
          model_id: modelId,
          model_version_id: modelVersionId,
          rollout_id: rolloutId,
          rollout_step: rolloutStep,
          revision: selectFrom('deployment')
            .select(({ eb }) => eb(fn.coalesce(fn.max('revision'), lit(0)), '+', 1).as('next'))
            .where('model_id', '=', modelId),
          arms: JSON.stringify(arms),
          unserved,
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
