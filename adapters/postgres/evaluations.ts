import type { Transaction } from 'kysely';
import type { Estimate, EvaluationRecord, Evaluations, KeptVerdict } from '#core/evaluation/index.ts';
import type { Tables } from './tables.ts';

const EVALUATION = [
  'evaluation.id',
  'evaluation.execution_id',
  'evaluation.artifact_sha256',
  'evaluation.rows_sha256',
  'evaluation.rows',
  'evaluation.metrics',
  'evaluation.details',
  'evaluation.report_key',
  'evaluation.created_at',
] as const;

export function postgresEvaluations(trx: Transaction<Tables>): Evaluations {
  return {
    async add(evaluation, now) {
      await trx
        .insertInto('evaluation')
        .values({
          id: evaluation.id,
          execution_id: evaluation.execution,
          artifact_sha256: evaluation.artifactSha256,
          rows_sha256: evaluation.rowsSha256,
          rows: evaluation.rows,
          metrics: JSON.stringify(evaluation.metrics),
          details: JSON.stringify(evaluation.details),
          report_key: evaluation.reportKey,
          created_at: now,
        })
        .onConflict((existing) => existing.doNothing())
        .execute();
      const stored = await trx
        .selectFrom('evaluation')
        .select(EVALUATION)
        .where(({ eb, and, or }) =>
          or([
            eb('id', '=', evaluation.id),
            and([eb('execution_id', '=', evaluation.execution), eb('artifact_sha256', '=', evaluation.artifactSha256)]),
          ]),
        )
        .orderBy(({ eb }) => eb('id', '=', evaluation.id), 'desc')
        .executeTakeFirstOrThrow();
      return toRecord(stored);
    },

    async find(id) {
      const row = await trx.selectFrom('evaluation').select(EVALUATION).where('id', '=', id).executeTakeFirst();
      return row && toRecord(row);
    },

    async setVerdicts({ execution, evaluation, policyVersion }, verdicts, now) {
      await trx.deleteFrom('gate_verdict').where('execution_id', '=', execution).execute();
      if (verdicts.length === 0) return;
      const decided = { execution_id: execution, evaluation_id: evaluation, policy_version: policyVersion, decided_at: now };
      await trx
        .insertInto('gate_verdict')
        .values(verdicts.map((verdict) => ({ ...verdict, ...decided })))
        .execute();
    },

    async verdictsOf(execution) {
      const rows = await trx
        .selectFrom('gate_verdict')
        .select(['gate', 'metric', 'comparison', 'observed', 'threshold', 'passed', 'reason', 'policy_version as policyVersion'])
        .where('execution_id', '=', execution)
        .orderBy('gate')
        .execute();
      return rows as readonly KeptVerdict[];
    },

    async ofModelVersion(model, version) {
      const row = await trx
        .selectFrom('model_version')
        .innerJoin('model', 'model.id', 'model_version.model_id')
        .innerJoin('evaluation', 'evaluation.id', 'model_version.evaluation_id')
        .select([...EVALUATION, 'model_version.execution_id as registered_by'])
        .where('model.name', '=', model)
        .where('model_version.number', '=', version)
        .executeTakeFirst();
      return row && { evaluation: toRecord(row), execution: row.registered_by ?? row.execution_id };
    },
  };
}

interface EvaluationRow {
  readonly id: string;
  readonly execution_id: string;
  readonly artifact_sha256: string;
  readonly rows_sha256: string;
  readonly rows: number;
  readonly metrics: unknown;
  readonly details: unknown;
  readonly report_key: string;
  readonly created_at: Date;
}

function toRecord(row: EvaluationRow): EvaluationRecord {
  return {
    id: row.id,
    execution: row.execution_id,
    artifactSha256: row.artifact_sha256,
    rowsSha256: row.rows_sha256,
    rows: row.rows,
    metrics: row.metrics as Readonly<Record<string, Estimate>>,
    details: row.details as Readonly<Record<string, unknown>>,
    reportKey: row.report_key,
    createdAt: row.created_at,
  };
}
