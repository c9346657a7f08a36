import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Approval, Approvals } from '#core/governance/index.ts';
import type { Tables } from './tables.ts';

const COLUMNS = [
  'id',
  'execution_id as execution',
  'status',
  'requested_for as requestedFor',
  'author',
  'evidence',
  'revision',
  'created_at as createdAt',
  'expires_at as expiresAt',
  'decided_by as decidedBy',
  'decided_at as decidedAt',
  'comment',
] as const;

export function postgresApprovals(trx: Transaction<Tables>): Approvals {
  const approvals = () => trx.selectFrom('approval').select(COLUMNS);
  return {
    async request({ execution, requestedFor, author, evidence, expiresAt, taskToken }, now) {
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
        })
        .onConflict((existing) =>
          existing
            .column('execution_id')
            .doUpdateSet({ task_token: taskToken, expires_at: expiresAt })
            .where('approval.status', '=', 'pending'),
        )
        .execute();
      return approvalOf(await approvals().where('execution_id', '=', execution).executeTakeFirstOrThrow());
    },
    find: async (id) => maybe(await approvals().where('id', '=', id).executeTakeFirst()),
    ofExecution: async (execution) => maybe(await approvals().where('execution_id', '=', execution).executeTakeFirst()),
    async lock(id) {
      const row = await approvals().select('task_token as taskToken').where('id', '=', id).forUpdate().executeTakeFirst();
      return row && { ...approvalOf(row), taskToken: row.taskToken };
    },
    async decide(id, { status, by, comment }, now) {
      const row = await trx
        .updateTable('approval')
        .set(({ eb }) => ({ status, decided_by: by, decided_at: now, comment, revision: eb('revision', '+', 1) }))
        .where('id', '=', id)
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
      return approvalOf(row);
    },
    async list({ limit, before, status }) {
      const rows = await approvals()
        .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'pending'))
        .$if(before !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('created_at', 'id'), '<', tuple(before?.createdAt ?? new Date(0), before?.id ?? '')),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(approvalOf);
    },
  };
}

type Row = Omit<Approval, 'evidence'> & { readonly evidence: unknown };

function approvalOf({ id, execution, status, requestedFor, author, evidence, revision, ...times }: Row): Approval {
  const { createdAt, expiresAt, decidedBy, decidedAt, comment } = times;
  const facts = evidence as Readonly<Record<string, unknown>>;
  return { id, execution, status, requestedFor, author, evidence: facts, revision, createdAt, expiresAt, decidedBy, decidedAt, comment };
}

function maybe(row: Row | undefined): Approval | undefined {
  return row && approvalOf(row);
}
