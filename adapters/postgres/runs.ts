import { sql, type Transaction } from 'kysely';
import type { Metric, Run, Runs } from '#core/experiments/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { objectOf } from './object-of.ts';
import type { Tables } from './tables.ts';

export function postgresRuns(trx: Transaction<Tables>): Runs {
  const runs = () =>
    trx
      .selectFrom('run')
      .innerJoin('experiment', 'experiment.id', 'run.experiment_id')
      .select([
        'run.id',
        'experiment.name as experiment',
        'run.name',
        'run.status',
        'run.user_id as userId',
        'run.artifact_uri as artifactUri',
        'run.start_time as startTime',
        'run.end_time as endTime',
      ])
      .select(({ selectFrom }) => [
        objectOf(selectFrom('param').select(['key', 'value']).whereRef('param.run_id', '=', 'run.id')).as('params'),
        objectOf(selectFrom('run_tag').select(['key', 'value']).whereRef('run_tag.run_id', '=', 'run.id')).as('tags'),
      ]);

  async function withMetrics(rows: readonly Omit<Run, 'metrics'>[]): Promise<readonly Run[]> {
    if (rows.length === 0) return [];
    const latest = await trx
      .selectFrom('latest_metric')
      .select(['run_id', 'key', 'value', 'step', 'timestamp'])
      .where(
        'run_id',
        'in',
        rows.map(({ id }) => id),
      )
      .orderBy('key')
      .execute();
    return rows.map((row) => ({
      ...row,
      metrics: latest.filter(({ run_id }) => run_id === row.id).map(({ key, value, step, timestamp }) => ({ key, value, step, timestamp })),
    }));
  }

  return {
    async start({ id, experimentId, name, userId, artifactUri, startTime }) {
      await trx
        .insertInto('run')
        .values({ id, experiment_id: experimentId, name, user_id: userId, artifact_uri: artifactUri, start_time: startTime })
        .onConflict((existing) => existing.column('id').doNothing())
        .execute();
    },
    async log(run, { params = {}, tags = {}, metrics = [] }) {
      await logParams(trx, run, params);
      const tagRows = Object.entries(tags).map(([key, value]) => ({ run_id: run, key, value }));
      if (tagRows.length > 0) {
        await trx
          .insertInto('run_tag')
          .values(tagRows)
          .onConflict((existing) => existing.columns(['run_id', 'key']).doUpdateSet((row) => ({ value: row.ref('excluded.value') })))
          .execute();
      }
      if (metrics.length > 0) await logMetrics(trx, run, metrics);
    },
    async finish(run, status, endTime) {
      await trx.updateTable('run').set({ status, end_time: endTime }).where('id', '=', run).execute();
    },
    find: async (id) => (await withMetrics(await runs().where('run.id', '=', id).execute())).at(0),
    async list(experiment, { limit, before }) {
      const rows = await runs()
        .where('experiment.name', '=', experiment)
        .$if(before !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('run.start_time', 'run.id'), '<', tuple(before?.startTime ?? 0, before?.id ?? '')),
          ),
        )
        .orderBy('run.start_time', 'desc')
        .orderBy('run.id', 'desc')
        .limit(limit)
        .execute();
      return withMetrics(rows);
    },
  };
}

async function logParams(trx: Transaction<Tables>, run: string, params: Readonly<Record<string, string>>): Promise<void> {
  const rows = Object.entries(params).map(([key, value]) => ({ run_id: run, key, value }));
  if (rows.length === 0) return;
  await trx
    .insertInto('param')
    .values(rows)
    .onConflict((existing) => existing.columns(['run_id', 'key']).doNothing())
    .execute();
  const kept = await trx.selectFrom('param').select(['key', 'value']).where('run_id', '=', run).execute();
  const other = kept.find(({ key, value }) => Object.hasOwn(params, key) && params[key] !== value);
  if (other) throw new DomainError({ code: 'already_exists', what: 'param', id: other.key });
}

async function logMetrics(trx: Transaction<Tables>, run: string, metrics: readonly Metric[]): Promise<void> {
  const rows = metrics.map(({ key, value, step, timestamp }) => ({ run_id: run, key, value, step, timestamp }));
  await trx
    .insertInto('metric')
    .values(rows)
    .onConflict((existing) => existing.doNothing())
    .execute();
  const latest = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    const known = latest.get(row.key);
    if (!known || isLater(row, known)) latest.set(row.key, row);
  }
  await trx
    .insertInto('latest_metric')
    .values([...latest.values()])
    .onConflict((existing) =>
      existing
        .columns(['run_id', 'key'])
        .doUpdateSet(({ ref }) => ({ value: ref('excluded.value'), step: ref('excluded.step'), timestamp: ref('excluded.timestamp') }))
        .where(
          sql<boolean>`(latest_metric.step, latest_metric.timestamp, latest_metric.value) < (excluded.step, excluded.timestamp, excluded.value)`,
        ),
    )
    .execute();
}

function isLater(one: Metric, other: Metric): boolean {
  if (one.step !== other.step) return one.step > other.step;
  if (one.timestamp !== other.timestamp) return one.timestamp > other.timestamp;
  return one.value > other.value;
}
