import { type ExpressionBuilder, sql, type Transaction } from 'kysely';
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres';
import type { ScanSummary } from '#core/monitoring/index.ts';
import type { RolloutPlan } from '#core/rollout/index.ts';
import type { Arm } from '#core/serving/index.ts';
import type { ColumnEffect, Watch, WatchedModel, WatchedMonitor, WatchedRollout } from '#core/watch/index.ts';
import type { Tables } from './tables.ts';

type OfModel = ExpressionBuilder<Tables, 'model'>;

/** What somebody on duty asks of Postgres. Models come with everything about them in one statement. */
export function postgresWatch(trx: Transaction<Tables>): Watch {
  return {
    async model(name) {
      const row = await watchedModels(trx).where('model.name', '=', name).executeTakeFirst();
      return row && toModel(row);
    },

    async models(limit) {
      return (await watchedModels(trx).orderBy('model.name').limit(limit).execute()).map(toModel);
    },

    async decisions() {
      const counted = await trx
        .selectNoFrom((from) => [
          jsonArrayFrom(
            from
              .selectFrom('retraining')
              .innerJoin('model', 'model.id', 'retraining.model_id')
              .groupBy(['model.name', 'retraining.decision', 'retraining.reason'])
              .orderBy('model.name')
              .orderBy('retraining.decision')
              .orderBy('retraining.reason')
              .select(['model.name as model', 'retraining.decision', 'retraining.reason', COUNT]),
          ).as('retrainings'),
          jsonArrayFrom(
            from
              .selectFrom('rollout')
              .innerJoin('model', 'model.id', 'rollout.model_id')
              .groupBy(['model.name', 'rollout.status'])
              .orderBy('model.name')
              .orderBy('rollout.status')
              .select(['model.name as model', 'rollout.status', COUNT]),
          ).as('rollouts'),
          jsonArrayFrom(
            from
              .selectFrom('scan')
              .innerJoin('monitor', 'monitor.id', 'scan.monitor_id')
              .innerJoin('model', 'model.id', 'monitor.model_id')
              .where('scan.status', '=', 'succeeded')
              .where('scan.verdict', 'is not', null)
              .groupBy(['model.name', 'monitor.name', 'scan.verdict'])
              .orderBy('model.name')
              .orderBy('monitor.name')
              .orderBy('scan.verdict')
              .select(['model.name as model', 'monitor.name as monitor', sql<string>`scan.verdict`.as('verdict'), COUNT]),
          ).as('scans'),
          jsonObjectFrom(
            from
              .selectFrom('approval')
              .where('status', '=', 'pending')
              .select([COUNT, ({ fn }) => fn.min('created_at').as('since')]),
          ).as('approvals'),
        ])
        .executeTakeFirstOrThrow();
      const { approvals, ...decisions } = counted;
      return { ...decisions, approvalsWaiting: { count: approvals?.count ?? 0, oldestSince: momentOf(approvals?.since) } };
    },
  };
}

const watchedModels = (trx: Transaction<Tables>) =>
  trx
    .selectFrom('model')
    .select(['model.id', 'model.name'])
    .select((of) => [
      live(of).as('live'),
      aliases(of).as('aliases'),
      deployment(of).as('deployment'),
      rollout(of).as('rollout'),
      monitors(of).as('monitors'),
      retraining(of).as('retraining'),
    ]);

const COUNT = sql<number>`count(*)::int`.as('count');

const live = (of: OfModel) =>
  of
    .selectFrom('model_version')
    .whereRef('model_version.model_id', '=', 'model.id')
    .where('deployment_status', '=', 'live')
    .orderBy('number', 'desc')
    .limit(1)
    .select('number');

const aliases = (of: OfModel) =>
  jsonArrayFrom(
    of.selectFrom('model_alias').whereRef('model_alias.model_id', '=', 'model.id').orderBy('alias').select(['alias', 'number']),
  );

/** The newest revision that was not given up: what the routing table says or is about to say. */
const deployment = (of: OfModel) =>
  jsonObjectFrom(
    of
      .selectFrom('deployment')
      .whereRef('deployment.model_id', '=', 'model.id')
      .where('status', '!=', 'failed')
      .orderBy('revision', 'desc')
      .limit(1)
      .select(['arms', 'unserved']),
  );

const rollout = (of: OfModel) =>
  jsonObjectFrom(
    of
      .selectFrom('rollout')
      .innerJoin('model_version', 'model_version.id', 'rollout.model_version_id')
      .whereRef('rollout.model_id', '=', 'model.id')
      .orderBy('rollout.created_at', 'desc')
      .orderBy('rollout.id', 'desc')
      .limit(1)
      .select([
        'rollout.id',
        'model_version.number as version',
        'rollout.status',
        'rollout.plan',
        'rollout.step',
        'rollout.step_since as stepSince',
        'rollout.reason',
        'rollout.ended_at as endedAt',
      ]),
  );

/** Each with the scan of its latest window. */
const monitors = (of: OfModel) =>
  jsonArrayFrom(
    of
      .selectFrom('monitor')
      .whereRef('monitor.model_id', '=', 'model.id')
      .orderBy('monitor.name')
      .select(['monitor.name', 'monitor.state', 'monitor.settings', 'monitor.created_at as createdAt'])
      .select((from) =>
        jsonObjectFrom(
          from
            .selectFrom('scan')
            .leftJoin('model_version', 'model_version.id', 'scan.model_version_id')
            .whereRef('scan.monitor_id', '=', 'monitor.id')
            .orderBy('scan.window_end', 'desc')
            .orderBy('scan.id', 'desc')
            .limit(1)
            .select([
              'scan.id',
              'model_version.number as version',
              'scan.status',
              'scan.verdict',
              'scan.summary',
              'scan.window_start as windowStart',
              'scan.window_end as windowEnd',
              'scan.started_at as startedAt',
              'scan.ended_at as endedAt',
            ]),
        ).as('scan'),
      ),
  );

const retraining = (of: OfModel) =>
  jsonObjectFrom(
    of
      .selectFrom('retraining')
      .innerJoin('monitor', 'monitor.id', 'retraining.monitor_id')
      .whereRef('retraining.model_id', '=', 'model.id')
      .orderBy('retraining.decided_at', 'desc')
      .orderBy('retraining.id', 'desc')
      .limit(1)
      .select([
        'retraining.id',
        'monitor.name as monitor',
        'retraining.scan_id as scan',
        'retraining.cause',
        'retraining.decision',
        'retraining.reason',
        'retraining.execution_id as execution',
        'retraining.decided_at as decidedAt',
      ]),
  );

type ModelRow = Awaited<ReturnType<ReturnType<typeof watchedModels>['executeTakeFirstOrThrow']>>;

function toModel(row: ModelRow): WatchedModel {
  return {
    id: row.id,
    name: row.name,
    liveVersion: row.live,
    aliases: Object.fromEntries(row.aliases.map(({ alias, number }) => [alias, number])),
    arms: armsOf(row.deployment),
    rollout: row.rollout && toRollout(row.rollout),
    monitors: row.monitors.map(toMonitor),
    retraining: row.retraining && { ...row.retraining, decidedAt: new Date(row.retraining.decidedAt) },
  };
}

function armsOf(deployment: ModelRow['deployment']): WatchedModel['arms'] {
  const arms = (deployment?.arms ?? []) as readonly Arm[];
  const total = arms.reduce((sum, { weight }) => sum + weight, deployment?.unserved ?? 0);
  return arms.map(({ version, versionId, weight }) => ({ version, versionId, share: total > 0 ? weight / total : 0 }));
}

function toRollout({ plan, step, stepSince, reason, endedAt, ...rest }: NonNullable<ModelRow['rollout']>): WatchedRollout {
  const serves = rest.status === 'succeeded' || (endedAt === null && stepSince !== null);
  return {
    ...rest,
    share: serves ? ((plan as Pick<RolloutPlan, 'steps'>).steps[step]?.share ?? 0) : 0,
    reason: reason as WatchedRollout['reason'],
    endedAt: momentOf(endedAt),
  };
}

function toMonitor({ scan, settings, createdAt, ...rest }: ModelRow['monitors'][number]): WatchedMonitor {
  return {
    ...rest,
    settings: settings as WatchedMonitor['settings'],
    createdAt: new Date(createdAt),
    scan: scan && {
      id: scan.id,
      monitor: rest.name,
      version: scan.version,
      status: scan.status,
      verdict: scan.verdict,
      windowStart: new Date(scan.windowStart),
      windowEnd: new Date(scan.windowEnd),
      startedAt: new Date(scan.startedAt),
      endedAt: momentOf(scan.endedAt),
      effects: effectsOf(scan.summary as ScanSummary | null),
    },
  };
}

/** The prediction and the target stand beside the columns under names that no column of theirs has twice. */
function effectsOf(summary: ScanSummary | null): readonly ColumnEffect[] {
  if (!summary) return [];
  const { columns, prediction, target, decay } = summary;
  const named = new Map(columns.map((one) => [one.column, one]));
  if (prediction) named.set('prediction', prediction);
  if (target) named.set('target', target);
  return [
    ...[...named].map(([column, { verdict, effect }]) => ({
      column,
      verdict,
      value: effect?.value ?? null,
      threshold: effect?.threshold ?? null,
    })),
    ...(decay ? [{ column: 'performance', verdict: decay.verdict, value: null, threshold: null }] : []),
  ];
}

function momentOf(text: unknown): Date | null {
  return text === null || text === undefined ? null : new Date(String(text));
}
