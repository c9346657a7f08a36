import type { ExpressionBuilder, Transaction } from 'kysely';
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres';
import type { LineagePart, Lineages, VersionLineage } from '#core/watch/index.ts';
import type { Tables } from './tables.ts';

type Output = Readonly<Record<string, unknown>>;
type OfVersion = ExpressionBuilder<Tables, 'model_version'>;

/** Where versions came from: one statement, whatever there is to tell. */
export function postgresLineages(trx: Transaction<Tables>): Lineages {
  return {
    async ofVersion(versionId, at) {
      const row = await trx
        .selectFrom('model_version')
        .where('model_version.id', '=', versionId)
        .select([
          'model_version.id',
          'model_version.number',
          'model_version.stage',
          'model_version.deployment_status as deploymentStatus',
          'model_version.artifact_sha256 as artifactSha256',
          'model_version.artifact_bytes as artifactBytes',
          'model_version.created_by as createdBy',
          'model_version.created_at as createdAt',
        ])
        .select((of) => [
          run(of).as('run'),
          execution(of).as('execution'),
          retraining(of).as('retraining'),
          pipeline(of).as('pipeline'),
          dataset(of).as('dataset'),
          steps(of).as('steps'),
          evaluation(of).as('evaluation'),
          gates(of).as('gates'),
          approval(of).as('approval'),
          rollout(of, at).as('rollout'),
        ])
        .executeTakeFirst();
      if (!row) return undefined;
      const {
        run: ran,
        execution: ordered,
        retraining: decided,
        pipeline: by,
        dataset: from,
        steps: done,
        evaluation: judged,
        gates: asked,
        approval: agreed,
        rollout: served,
        ...version
      } = row;
      const outputs = new Map(done.map(({ name, output }) => [name, (output ?? {}) as Output]));
      return {
        version,
        run: ran && { ...ran, params: asRecord(ran.params), metrics: asRecord(ran.metrics) },
        execution: ordered && { ...ordered, createdAt: new Date(ordered.createdAt), endedAt: momentOf(ordered.endedAt) },
        retraining: decided && retrainingOf(decided),
        pipeline: by,
        dataset: from && { ...from, createdAt: new Date(from.createdAt) },
        rows: partsOf(outputs.get('split')),
        training: trainingOf(outputs.get('train')),
        evaluation: judged && { ...judged, metrics: judged.metrics as Output },
        gates: asked.map((verdict) => ({ ...verdict, decidedAt: new Date(verdict.decidedAt) })),
        approval: agreed && { ...agreed, decidedAt: momentOf(agreed.decidedAt) },
        rollout: served && {
          ...served,
          reason: served.reason as Output | null,
          createdAt: new Date(served.createdAt),
          endedAt: momentOf(served.endedAt),
          judgements: served.judgements.map((one) => ({
            ...one,
            checks: one.checks as readonly unknown[],
            decidedAt: new Date(one.decidedAt),
          })),
        },
      };
    },
  };
}

const run = (of: OfVersion) =>
  jsonObjectFrom(
    of
      .selectFrom('run')
      .innerJoin('experiment', 'experiment.id', 'run.experiment_id')
      .whereRef('run.id', '=', 'model_version.run_id')
      .select(['run.id', 'experiment.name as experiment', 'run.name', 'run.status'])
      .select((from) => [
        jsonArrayFrom(from.selectFrom('param').select(['key', 'value']).whereRef('param.run_id', '=', 'run.id').orderBy('key')).as(
          'params',
        ),
        jsonArrayFrom(
          from.selectFrom('latest_metric').select(['key', 'value']).whereRef('latest_metric.run_id', '=', 'run.id').orderBy('key'),
        ).as('metrics'),
      ]),
  );

const execution = (of: OfVersion) =>
  jsonObjectFrom(
    of
      .selectFrom('execution')
      .whereRef('execution.id', '=', 'model_version.execution_id')
      .select(['id', 'status', 'environment', 'created_by as createdBy', 'created_at as createdAt', 'ended_at as endedAt']),
  );

const retraining = (of: OfVersion) =>
  jsonObjectFrom(
    of
      .selectFrom('retraining')
      .innerJoin('scan', 'scan.id', 'retraining.scan_id')
      .innerJoin('monitor', 'monitor.id', 'retraining.monitor_id')
      .whereRef('retraining.execution_id', '=', 'model_version.execution_id')
      .limit(1)
      .select([
        'retraining.id',
        'monitor.name as monitor',
        'retraining.scan_id as scan',
        'retraining.cause',
        'retraining.reason',
        'retraining.decided_at as decidedAt',
        'scan.window_start as from',
        'scan.window_end as to',
      ]),
  );

const pipeline = (of: OfVersion) =>
  jsonObjectFrom(
    of
      .selectFrom('execution')
      .innerJoin('pipeline_version', 'pipeline_version.id', 'execution.pipeline_version_id')
      .innerJoin('pipeline', 'pipeline.id', 'pipeline_version.pipeline_id')
      .whereRef('execution.id', '=', 'model_version.execution_id')
      .select(['pipeline.name', 'pipeline_version.number as version', 'pipeline_version.source_sha256 as sourceSha256']),
  );

const dataset = (of: OfVersion) =>
  jsonObjectFrom(
    of
      .selectFrom('dataset_version')
      .innerJoin('dataset', 'dataset.id', 'dataset_version.dataset_id')
      .whereRef('dataset_version.id', '=', 'model_version.dataset_version_id')
      .select([
        'dataset.name',
        'dataset_version.number as version',
        'dataset_version.label',
        'dataset_version.sha256',
        'dataset_version.bytes',
        'dataset_version.created_by as createdBy',
        'dataset_version.created_at as createdAt',
      ]),
  );

/** A later attempt stands for the step. */
const steps = (of: OfVersion) =>
  jsonArrayFrom(
    of
      .selectFrom('step')
      .whereRef('step.execution_id', '=', 'model_version.execution_id')
      .where('step.name', 'in', ['split', 'train'])
      .where('step.status', 'in', ['succeeded', 'reused'])
      .orderBy('step.attempt')
      .select(['step.name', 'step.output']),
  );

const evaluation = (of: OfVersion) =>
  jsonObjectFrom(
    of
      .selectFrom('evaluation')
      .whereRef('evaluation.id', '=', 'model_version.evaluation_id')
      .select(['id', 'rows', 'rows_sha256 as rowsSha256', 'metrics']),
  );

const gates = (of: OfVersion) =>
  jsonArrayFrom(
    of
      .selectFrom('gate_verdict')
      .whereRef('gate_verdict.execution_id', '=', 'model_version.execution_id')
      .orderBy('gate')
      .select([
        'gate',
        'metric',
        'comparison',
        'observed',
        'threshold',
        'passed',
        'reason',
        'policy_version as policyVersion',
        'decided_at as decidedAt',
      ]),
  );

const approval = (of: OfVersion) =>
  jsonObjectFrom(
    of
      .selectFrom('approval')
      .whereRef('approval.execution_id', '=', 'model_version.execution_id')
      .select([
        'id',
        'status',
        'author',
        'decided_by as decidedBy',
        'decided_at as decidedAt',
        'comment',
        'policy_version as policyVersion',
      ])
      .limit(1),
  );

const rollout = (of: OfVersion, at: Date) =>
  jsonObjectFrom(
    of
      .selectFrom('rollout')
      .leftJoin('model_version as baseline', 'baseline.id', 'rollout.baseline_version_id')
      .whereRef('rollout.model_version_id', '=', 'model_version.id')
      .where('rollout.created_at', '<=', at)
      .orderBy('rollout.created_at', 'desc')
      .orderBy('rollout.id', 'desc')
      .limit(1)
      .select([
        'rollout.id',
        'rollout.status',
        'rollout.alias',
        'baseline.number as baselineVersion',
        'rollout.reason',
        'rollout.policy_version as policyVersion',
        'rollout.created_by as createdBy',
        'rollout.created_at as createdAt',
        'rollout.ended_at as endedAt',
      ])
      .select((from) =>
        jsonArrayFrom(
          from
            .selectFrom('rollout_judgement')
            .whereRef('rollout_judgement.rollout_id', '=', 'rollout.id')
            .orderBy('rollout_judgement.number')
            .select([
              'rollout_judgement.number',
              'rollout_judgement.step',
              'rollout_judgement.verdict',
              'rollout_judgement.checks',
              'rollout_judgement.decided_at as decidedAt',
            ]),
        ).as('judgements'),
      ),
  );

type Decided = NonNullable<VersionLineage['retraining']>;
type DecidedRow = Omit<Decided, 'decidedAt' | 'window'> & { readonly decidedAt: unknown; readonly from: unknown; readonly to: unknown };

function retrainingOf({ decidedAt, from, to, ...row }: DecidedRow): Decided {
  const at = (moment: unknown) => new Date(String(moment));
  return { ...row, decidedAt: at(decidedAt), window: { from: at(from), to: at(to) } };
}

function momentOf(text: unknown): Date | null {
  return text === null || text === undefined ? null : new Date(String(text));
}

function asRecord<T>(pairs: readonly { readonly key: string; readonly value: T }[]): Readonly<Record<string, T>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

/** The output of the step `split`, without its keys of the bucket. */
function partsOf(output: Output | undefined): VersionLineage['rows'] {
  const parts = output?.['parts'];
  if (typeof parts !== 'object' || parts === null) return null;
  return Object.fromEntries(
    Object.entries(parts as Readonly<Record<string, LineagePart>>).map(([part, { sha256, rows, from, until }]) => [
      part,
      { sha256, rows, from, until },
    ]),
  );
}

function trainingOf(output: Output | undefined): VersionLineage['training'] {
  if (typeof output?.['job'] !== 'string') return null;
  const { training } = (output['seconds'] ?? {}) as { readonly training?: number | null };
  return { job: output['job'], seconds: training ?? null };
}
