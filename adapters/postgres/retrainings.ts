import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { EXECUTION_STATUSES, hasEnded } from '#core/pipelines/index.ts';
import type { Retraining, RetrainingPolicy, Retrainings } from '#core/retraining/index.ts';
import type { Tables } from './tables.ts';

const OPEN = EXECUTION_STATUSES.filter((status) => !hasEnded(status));

export function postgresRetrainings(trx: Transaction<Tables>): Retrainings {
  const retrainings = () =>
    trx
      .selectFrom('retraining')
      .innerJoin('monitor', 'monitor.id', 'retraining.monitor_id')
      .innerJoin('model', 'model.id', 'retraining.model_id')
      .select([
        'retraining.id',
        'model.name as model',
        'monitor.name as monitor',
        'retraining.scan_id as scan',
        'retraining.cause',
        'retraining.decision',
        'retraining.reason',
        'retraining.details',
        'retraining.execution_id as executionId',
        'retraining.policy_version as policyVersion',
        'retraining.decided_at as decidedAt',
      ]);
  return {
    async lockFinding(scan) {
      const row = await trx
        .selectFrom('scan')
        .innerJoin('monitor', 'monitor.id', 'scan.monitor_id')
        .innerJoin('model', 'model.id', 'monitor.model_id')
        .select([
          'scan.id as scan',
          'monitor.id as monitorId',
          'monitor.name as monitor',
          'model.id as modelId',
          'model.name as model',
          sql<readonly string[]>`scan.summary -> 'alerted'`.as('what'),
          sql<string>`scan.summary ->> 'cause'`.as('cause'),
          sql<RetrainingPolicy | null>`nullif(monitor.settings -> 'retraining', 'null')`.as('policy'),
        ])
        .where('scan.id', '=', scan)
        .where('scan.status', '=', 'succeeded')
        .where(sql<string | null>`scan.summary ->> 'cause'`, 'is not', null)
        .forUpdate('monitor')
        .executeTakeFirst();
      return row;
    },

    async ofScan(scan) {
      const row = await retrainings().where('retraining.scan_id', '=', scan).executeTakeFirst();
      return row && toRetraining(row);
    },

    async startsOf(monitorId, since) {
      const rows = await trx
        .selectFrom('retraining')
        .innerJoin('execution', 'execution.id', 'retraining.execution_id')
        .select([
          'retraining.id as retraining',
          'retraining.cause',
          'execution.id as execution',
          'retraining.decided_at as decidedAt',
          'execution.status',
        ])
        .where('retraining.monitor_id', '=', monitorId)
        .where('retraining.decision', '=', 'start')
        .where(({ eb, or }) => or([eb('retraining.decided_at', '>=', since), eb('execution.status', 'in', OPEN)]))
        .orderBy('retraining.decided_at', 'desc')
        .orderBy('retraining.id', 'desc')
        .execute();
      return rows.map(({ status, ...start }) => ({ ...start, open: !hasEnded(status) }));
    },

    trainedOn: (model, alias) =>
      trx
        .selectFrom('model')
        .innerJoin('model_alias', 'model_alias.model_id', 'model.id')
        .innerJoin('model_version', (on) =>
          on.onRef('model_version.model_id', '=', 'model.id').onRef('model_version.number', '=', 'model_alias.number'),
        )
        .leftJoin('dataset_version', 'dataset_version.id', 'model_version.dataset_version_id')
        .leftJoin('dataset', 'dataset.id', 'dataset_version.dataset_id')
        .select(['model_version.number as version', 'dataset.name as dataset', 'dataset_version.number as datasetVersion'])
        .where('model.name', '=', model)
        .where('model_alias.alias', '=', alias)
        .executeTakeFirst(),

    async add({ finding, cause, decision, reason, details, executionId, policyVersion }, now) {
      const { id } = await trx
        .insertInto('retraining')
        .values({
          id: uuidv7(),
          model_id: finding.modelId,
          monitor_id: finding.monitorId,
          scan_id: finding.scan,
          cause,
          decision,
          reason,
          details: JSON.stringify(details),
          execution_id: executionId,
          policy_version: policyVersion,
          decided_at: now,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return toRetraining(await retrainings().where('retraining.id', '=', id).executeTakeFirstOrThrow());
    },

    async list(model, { limit, after }) {
      let query = retrainings().where('model.name', '=', model);
      if (after) query = query.where(sql<boolean>`(retraining.decided_at, retraining.id) < (${after.decidedAt}, ${after.id}::uuid)`);
      const rows = await query.orderBy('retraining.decided_at', 'desc').orderBy('retraining.id', 'desc').limit(limit).execute();
      return rows.map(toRetraining);
    },
  };
}

/** Reason and details were written by `add` alone. */
function toRetraining(row: Omit<Retraining, 'reason' | 'details'> & { readonly reason: string; readonly details: unknown }): Retraining {
  return { ...row, reason: row.reason as Retraining['reason'], details: row.details as Retraining['details'] };
}
