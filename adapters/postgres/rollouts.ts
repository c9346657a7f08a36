import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { DomainError } from '#core/kernel/index.ts';
import {
  type Check,
  isOver,
  type Judgement,
  ROLLOUT_STATUSES,
  type Rollout,
  type RolloutPlan,
  type RolloutReason,
  type Rollouts,
} from '#core/rollout/index.ts';
import type { Tables } from './tables.ts';

const OPEN = ROLLOUT_STATUSES.filter((status) => !isOver(status));

export function postgresRollouts(trx: Transaction<Tables>): Rollouts {
  const rollouts = () =>
    trx
      .selectFrom('rollout')
      .innerJoin('model', 'model.id', 'rollout.model_id')
      .innerJoin('model_version as version', 'version.id', 'rollout.model_version_id')
      .leftJoin('model_version as baseline', 'baseline.id', 'rollout.baseline_version_id')
      .select([
        'rollout.id',
        'rollout.model_id as modelId',
        'model.name as model',
        'rollout.model_version_id as versionId',
        'version.number as version',
        'rollout.baseline_version_id as baselineVersionId',
        'baseline.number as baselineVersion',
        'rollout.execution_id as executionId',
        'rollout.alias',
        'rollout.plan',
        'rollout.policy_version as policyVersion',
        'rollout.status',
        'rollout.step',
        'rollout.step_since as stepSince',
        'rollout.reason',
        'rollout.revision',
        'rollout.created_by as createdBy',
        'rollout.traceparent',
        'rollout.created_at as createdAt',
        'rollout.started_at as startedAt',
        'rollout.ended_at as endedAt',
      ]);
  const find = async (id: string) => maybe(await rollouts().where('rollout.id', '=', id).executeTakeFirst());
  const running = async (modelId: string) =>
    maybe(await rollouts().where('rollout.model_id', '=', modelId).where('rollout.status', 'in', OPEN).executeTakeFirst());
  return {
    find,
    running,

    async add(rollout, createdBy, now) {
      const { modelId, versionId, baselineVersionId, executionId, alias, plan, policyVersion, waitingToken, traceparent } = rollout;
      const row = await trx
        .insertInto('rollout')
        .values({
          id: uuidv7(),
          model_id: modelId,
          model_version_id: versionId,
          baseline_version_id: baselineVersionId,
          execution_id: executionId,
          alias,
          plan: JSON.stringify(plan),
          policy_version: policyVersion,
          waiting_token: waitingToken ?? null,
          created_by: createdBy,
          traceparent: traceparent ?? null,
          created_at: now,
        })
        // The index of those at work is found by its condition as it is written there.
        .onConflict((atWork) => atWork.column('model_id').where(sql<boolean>`status in ('queued', 'running', 'paused')`).doNothing())
        .returning('id')
        .executeTakeFirst();
      const added = row ? await find(row.id) : undefined;
      if (added) return added;
      throw new DomainError({ code: 'rollout_running', rollout: (await running(modelId))?.id ?? 'unknown' });
    },

    async lock(id) {
      const row = await rollouts()
        .select(['rollout.task_token as taskToken', 'rollout.waiting_token as waitingToken'])
        .where('rollout.id', '=', id)
        .forUpdate('rollout')
        .executeTakeFirst();
      return row && { ...rolloutOf(row), taskToken: row.taskToken, waitingToken: row.waitingToken };
    },

    ofExecution: async (execution) => maybe(await rollouts().where('rollout.execution_id', '=', execution).executeTakeFirst()),

    async isOrdered(id) {
      const waiting = await trx
        .selectFrom('outbox')
        .select('id')
        .where('subject', '=', `rollout/${id}`)
        .where('destination', '=', 'execution')
        .where('published_at', 'is', null)
        .limit(1)
        .executeTakeFirst();
      return waiting !== undefined;
    },

    async list(model, { limit, before }) {
      let query = rollouts().where('model.name', '=', model);
      if (before) query = query.where(sql<boolean>`(rollout.created_at, rollout.id) < (${before.createdAt}, ${before.id}::uuid)`);
      const rows = await query.orderBy('rollout.created_at', 'desc').orderBy('rollout.id', 'desc').limit(limit).execute();
      return rows.map(rolloutOf);
    },

    async change(id, { status, step, stepSince, reason, taskToken, waitingToken }, now) {
      await trx
        .updateTable('rollout')
        .set({
          revision: sql<number>`revision + 1`,
          ...(status === undefined ? {} : { status }),
          ...(status === 'running' ? { started_at: sql<Date>`coalesce(started_at, ${now})` } : {}),
          ...(status !== undefined && isOver(status) ? { ended_at: now } : {}),
          ...(step === undefined ? {} : { step }),
          ...(stepSince === undefined ? {} : { step_since: stepSince }),
          ...(reason === undefined ? {} : { reason: JSON.stringify(reason) }),
          ...(taskToken === undefined ? {} : { task_token: taskToken }),
          ...(waitingToken === undefined ? {} : { waiting_token: waitingToken }),
        })
        .where('id', '=', id)
        .execute();
      const changed = await find(id);
      if (!changed) throw new Error(`the rollout ${id} is gone within its own transaction`);
      return changed;
    },

    async addJudgement(id, { step, verdict, checks, decidedAt }) {
      const row = await trx
        .insertInto('rollout_judgement')
        .values(({ selectFrom, fn, lit }) => ({
          rollout_id: id,
          number: selectFrom('rollout_judgement')
            .select(({ eb }) => eb(fn.coalesce(fn.max('number'), lit(0)), '+', 1).as('next'))
            .where('rollout_id', '=', id),
          step,
          verdict,
          checks: JSON.stringify(checks),
          decided_at: decidedAt,
        }))
        .returning(JUDGEMENT)
        .executeTakeFirstOrThrow();
      return judgementOf(row);
    },

    async judgements(id) {
      const rows = await trx.selectFrom('rollout_judgement').select(JUDGEMENT).where('rollout_id', '=', id).orderBy('number').execute();
      return rows.map(judgementOf);
    },

    async lastJudgements(ids) {
      if (ids.length === 0) return new Map();
      const rows = await trx
        .selectFrom('rollout_judgement')
        .distinctOn('rollout_id')
        .select(['rollout_id as rollout', ...JUDGEMENT])
        .where('rollout_id', 'in', ids)
        .orderBy('rollout_id')
        .orderBy('number', 'desc')
        .execute();
      return new Map(rows.map(({ rollout, ...judgement }) => [rollout, judgementOf(judgement)]));
    },
  };
}

const JUDGEMENT = ['number', 'step', 'verdict', 'checks', 'decided_at as decidedAt'] as const;

/** The columns are opaque to everyone else: what they hold was decided by us. */
function judgementOf({ checks, ...row }: Omit<Judgement, 'checks'> & { readonly checks: unknown }): Judgement {
  return { ...row, checks: checks as readonly Check[] };
}

type Row = Omit<Rollout, 'plan' | 'reason'> & { readonly plan: unknown; readonly reason: unknown };

function rolloutOf(row: Row): Rollout {
  const { id, modelId, model, versionId, version, baselineVersionId, baselineVersion, executionId, alias, status, step, stepSince } = row;
  const { policyVersion, revision, createdBy, traceparent, createdAt, startedAt, endedAt } = row;
  return {
    id,
    modelId,
    model,
    versionId,
    version,
    baselineVersionId,
    baselineVersion,
    executionId,
    alias,
    policyVersion,
    status,
    step,
    stepSince,
    revision,
    createdBy,
    traceparent,
    createdAt,
    startedAt,
    endedAt,
    plan: row.plan as RolloutPlan,
    reason: row.reason as RolloutReason | null,
  };
}

function maybe(row: Row | undefined): Rollout | undefined {
  return row && rolloutOf(row);
}
