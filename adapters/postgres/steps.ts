import { sql, type Transaction } from 'kysely';
import type { StepFailure, StepRecord, Steps } from '#core/pipelines/index.ts';
import { lockBeginning } from './lock-beginning.ts';
import type { Tables } from './tables.ts';

type Output = Readonly<Record<string, unknown>>;

export function postgresSteps(trx: Transaction<Tables>): Steps {
  const recorded = async (step: string, inputHash: string): Promise<Output | undefined> => {
    const row = await trx
      .selectFrom('step_result')
      .select('output')
      .where('step', '=', step)
      .where('input_hash', '=', inputHash)
      .executeTakeFirst();
    return row?.output as Output | undefined;
  };
  return {
    recorded,

    async begin({ execution, step, inputHash }, now) {
      await lockBeginning(trx, 'somebody does');
      // The execution's row queues up two attempts of one step, so that each gets its own number.
      await trx.selectFrom('execution').select('id').where('id', '=', execution).forUpdate().executeTakeFirst();
      await trx
        .updateTable('step')
        .set({
          status: 'failed',
          ended_at: now,
          failure: JSON.stringify({ code: 'abandoned', reason: 'the attempt ended without an answer' }),
        })
        .where('execution_id', '=', execution)
        .where('name', '=', step)
        .where('status', '=', 'running')
        .execute();
      const before = await recorded(step, inputHash);
      const { attempt } = await trx
        .insertInto('step')
        .values((row) => ({
          execution_id: execution,
          name: step,
          attempt: sql<number>`coalesce(${row
            .selectFrom('step')
            .select(({ fn }) => fn.max('attempt').as('n'))
            .where('execution_id', '=', execution)
            .where('name', '=', step)}, 0) + 1`,
          status: before ? ('reused' as const) : ('running' as const),
          input_hash: inputHash,
          output: before ? JSON.stringify(before) : null,
          started_at: now,
          ended_at: before ? now : null,
        }))
        .returning('attempt')
        .executeTakeFirstOrThrow();
      return { attempt, ...(before ? { recorded: before } : {}) };
    },

    async succeed({ execution, step, attempt, inputHash, output }, now) {
      await trx
        .insertInto('step_result')
        .values({ step, input_hash: inputHash, output: JSON.stringify(output), execution_id: execution, recorded_at: now })
        .onConflict((existing) => existing.columns(['tenant_id', 'step', 'input_hash']).doNothing())
        .execute();
      const winner = (await recorded(step, inputHash)) ?? output;
      await trx
        .updateTable('step')
        .set({ status: 'succeeded', output: JSON.stringify(winner), failure: null, ended_at: now })
        .where('execution_id', '=', execution)
        .where('name', '=', step)
        .where('attempt', '=', attempt)
        .execute();
      return winner;
    },

    async fail({ execution, step, attempt, status, failure }, now) {
      await trx
        .updateTable('step')
        .set({ status, failure: JSON.stringify(failure), ended_at: now })
        .where('execution_id', '=', execution)
        .where('name', '=', step)
        .where('attempt', '=', attempt)
        .where('status', '=', 'running')
        .execute();
    },

    async outputOf(execution, step) {
      const row = await trx
        .selectFrom('step')
        .select('output')
        .where('execution_id', '=', execution)
        .where('name', '=', step)
        .where('status', 'in', ['succeeded', 'reused'])
        .orderBy('attempt', 'desc')
        .limit(1)
        .executeTakeFirst();
      return (row?.output ?? undefined) as Output | undefined;
    },

    async list(execution) {
      const rows = await trx
        .selectFrom('step')
        .select(['name', 'attempt', 'status', 'input_hash', 'output', 'failure', 'started_at', 'ended_at'])
        .where('execution_id', '=', execution)
        .orderBy('started_at')
        .orderBy('attempt')
        .execute();
      return rows.map(
        (row): StepRecord => ({
          step: row.name,
          attempt: row.attempt,
          status: row.status,
          inputHash: row.input_hash,
          output: row.output as Output | null,
          failure: row.failure as StepFailure | null,
          startedAt: row.started_at,
          endedAt: row.ended_at,
        }),
      );
    },
  };
}
