import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { EXECUTION_STATUSES, type Execution, type Executions, hasEnded, type Plan, type StepFailure } from '#core/pipelines/index.ts';
import type { Tables } from './tables.ts';

const OPEN = EXECUTION_STATUSES.filter((status) => !hasEnded(status));

export function postgresExecutions(trx: Transaction<Tables>): Executions {
  const executions = () =>
    trx
      .selectFrom('execution')
      .innerJoin('pipeline_version', 'pipeline_version.id', 'execution.pipeline_version_id')
      .innerJoin('pipeline', 'pipeline.id', 'pipeline_version.pipeline_id')
      .innerJoin('dataset_version', 'dataset_version.id', 'execution.dataset_version_id')
      .innerJoin('dataset', 'dataset.id', 'dataset_version.dataset_id')
      .select([
        'execution.id',
        'pipeline.name as pipeline',
        'pipeline_version.number as pipeline_version',
        'dataset.name as dataset',
        'dataset_version.number as dataset_version',
        'dataset_version.id as dataset_version_id',
        'dataset_version.object_key as dataset_key',
        'dataset_version.sha256 as dataset_sha256',
        'execution.environment',
        'execution.plan',
        'execution.policy_version',
        'execution.status',
        'execution.failure',
        'execution.run_id',
        'execution.model_version_id',
        'execution.revision',
        'execution.created_by',
        'execution.created_by_kind',
        'execution.traceparent',
        'execution.created_at',
        'execution.started_at',
        'execution.ended_at',
      ]);
  return {
    async add(execution, now) {
      return trx
        .insertInto('execution')
        .values({
          id: uuidv7(),
          pipeline_version_id: execution.pipelineVersionId,
          dataset_version_id: execution.datasetVersionId,
          environment: execution.environment ?? null,
          plan: JSON.stringify(execution.plan),
          policy_version: execution.policyVersion,
          created_by: execution.createdBy,
          created_by_kind: execution.createdByKind,
          traceparent: execution.traceparent ?? null,
          created_at: now,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
    },

    async find(id) {
      const row = await executions().where('execution.id', '=', id).executeTakeFirst();
      return row && toExecution(row);
    },

    async lock(id) {
      const row = await executions().where('execution.id', '=', id).forUpdate('execution').executeTakeFirst();
      return row && toExecution(row);
    },

    running: (pipeline) =>
      executions()
        .where('pipeline.name', '=', pipeline)
        .where('execution.status', 'in', OPEN)
        .orderBy('execution.id')
        .limit(1)
        .executeTakeFirst(),

    async change(id, { status, failure, runId, modelVersionId }, now) {
      await trx
        .updateTable('execution')
        .set({
          revision: sql<number>`revision + 1`,
          ...(status === undefined ? {} : { status }),
          ...(status === 'running' ? { started_at: sql<Date>`coalesce(started_at, ${now})` } : {}),
          ...(status !== undefined && hasEnded(status) ? { ended_at: now } : {}),
          ...(failure === undefined ? {} : { failure: JSON.stringify(failure) }),
          ...(runId === undefined ? {} : { run_id: runId }),
          ...(modelVersionId === undefined ? {} : { model_version_id: modelVersionId }),
        })
        .where('id', '=', id)
        .execute();
    },

    async list({ limit, after, pipeline, status }) {
      let query = executions();
      if (pipeline !== undefined) query = query.where('pipeline.name', '=', pipeline);
      if (status !== undefined) query = query.where('execution.status', '=', status);
      if (after) query = query.where(sql<boolean>`(execution.created_at, execution.id) < (${after.createdAt}, ${after.id}::uuid)`);
      const rows = await query.orderBy('execution.created_at', 'desc').orderBy('execution.id', 'desc').limit(limit).execute();
      return rows.map(toExecution);
    },
  };
}

interface ExecutionRow {
  readonly id: string;
  readonly pipeline: string;
  readonly pipeline_version: number;
  readonly dataset: string;
  readonly dataset_version: number;
  readonly dataset_version_id: string;
  readonly dataset_key: string;
  readonly dataset_sha256: string;
  readonly environment: string | null;
  readonly plan: unknown;
  readonly policy_version: number;
  readonly status: Execution['status'];
  readonly failure: unknown;
  readonly run_id: string | null;
  readonly model_version_id: string | null;
  readonly revision: number;
  readonly created_by: string;
  readonly created_by_kind: 'user' | 'service';
  readonly traceparent: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

function toExecution(row: ExecutionRow): Execution {
  return {
    id: row.id,
    pipeline: row.pipeline,
    pipelineVersion: row.pipeline_version,
    dataset: row.dataset,
    datasetVersion: row.dataset_version,
    datasetVersionId: row.dataset_version_id,
    datasetKey: row.dataset_key,
    datasetSha256: row.dataset_sha256,
    environment: row.environment,
    // Both were compiled or recorded by us; the columns are opaque to everyone else.
    plan: row.plan as Plan,
    policyVersion: row.policy_version,
    failure: row.failure as StepFailure | null,
    status: row.status,
    runId: row.run_id,
    modelVersionId: row.model_version_id,
    revision: row.revision,
    createdBy: row.created_by,
    createdByKind: row.created_by_kind,
    traceparent: row.traceparent,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
