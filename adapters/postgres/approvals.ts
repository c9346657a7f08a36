import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Approval, Approvals } from '#core/governance/index.ts';
import type { Tables } from './tables.ts';

const COLUMNS = [
  'approval.id',
  'approval.execution_id as execution',
  'approval.status',
  'approval.requested_for as requestedFor',
  'approval.author',
  'approval.evidence',
  'approval.revision',
  'approval.created_at as createdAt',
  'approval.expires_at as expiresAt',
  'approval.decided_by as decidedBy',
  'approval.decided_at as decidedAt',
  'approval.comment',
  'approval.policy_version as policyVersion',
  'execution.environment',
  sql<string>`coalesce(execution.plan #>> '{deployment,model}', '')`.as('model'),
] as const;

export function postgresApprovals(trx: Transaction<Tables>): Approvals {
  const approvals = () => trx.selectFrom('approval').innerJoin('execution', 'execution.id', 'approval.execution_id').select(COLUMNS);
  return {
    async request({ execution, requestedFor, author, evidence, expiresAt, policyVersion, taskToken }, now) {
      await trx
        .insertInto('approval')
        .values({
          id: uuidv7(),
          execution_id: execution,
          requested_for: requestedFor,
          author,
          task_token: taskToken,
          evidence: JSON.stringify(evidence),
          created_at: now,
          expires_at: expiresAt,
          policy_version: policyVersion,
        })
        .onConflict((existing) =>
          existing.column('execution_id').doUpdateSet({ task_token: taskToken }).where('approval.status', '=', 'pending'),
        )
        .execute();
      return approvalOf(await approvals().where('approval.execution_id', '=', execution).executeTakeFirstOrThrow());
    },
    find: async (id) => maybe(await approvals().where('approval.id', '=', id).executeTakeFirst()),
    ofExecution: async (execution) => maybe(await approvals().where('approval.execution_id', '=', execution).executeTakeFirst()),
    async lock(id) {
      const row = await approvals()
        .select('approval.task_token as taskToken')
        .where('approval.id', '=', id)
        .forUpdate('approval')
        .executeTakeFirst();
      return row && { ...approvalOf(row), taskToken: row.taskToken };
    },
    async decide(id, { status, by, comment, policyVersion }, now) {
      const decision = { status, decided_by: by, decided_at: now, comment, policy_version: policyVersion };
      await trx
        .updateTable('approval')
        .set(({ eb }) => ({ ...decision, revision: eb('revision', '+', 1) }))
        .where('id', '=', id)
        .execute();
      return approvalOf(await approvals().where('approval.id', '=', id).executeTakeFirstOrThrow());
    },
    async list({ limit, before, status }) {
      const rows = await approvals()
        .$if(status !== undefined, (query) => query.where('approval.status', '=', status ?? 'pending'))
        .$if(before !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('approval.created_at', 'approval.id'), '<', tuple(before?.createdAt ?? new Date(0), before?.id ?? '')),
          ),
        )
        .orderBy('approval.created_at', 'desc')
        .orderBy('approval.id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(approvalOf);
    },
  };
}

type Row = Omit<Approval, 'evidence'> & { readonly evidence: unknown };

function approvalOf({ id, execution, status, requestedFor, model, environment, author, evidence, revision, ...more }: Row): Approval {
  const { createdAt, expiresAt, decidedBy, decidedAt, comment, policyVersion } = more;
  const facts = evidence as Readonly<Record<string, unknown>>;
  const asked = { id, execution, status, requestedFor, model, environment, author, evidence: facts, revision, createdAt, expiresAt };
  return { ...asked, decidedBy, decidedAt, comment, policyVersion };
}

function maybe(row: Row | undefined): Approval | undefined {
  return row && approvalOf(row);
}
