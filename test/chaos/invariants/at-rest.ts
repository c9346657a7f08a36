import type { Finding, Query } from './finding.ts';

/** What is still on its way, by table; nothing of it may be left when nobody asks for anything any more. */
const UNDER_WAY = [
  ['execution', `status in ('queued', 'running', 'awaiting_approval', 'rolling_out')`],
  ['step', `status = 'running' and exists (select 1 from execution e where e.id = step.execution_id and e.ended_at is not null)`],
  ['rollout', `status in ('queued', 'running', 'paused')`],
  ['scan', `status = 'running'`],
  ['batch_prediction', `status in ('queued', 'running')`],
  ['approval', `status = 'pending' and exists (select 1 from execution e where e.id = approval.execution_id and e.ended_at is not null)`],
] as const;

/** What has ended badly says why. */
const UNEXPLAINED = [
  ['execution', `status in ('refused', 'rejected', 'failed', 'stopped') and failure is null`],
  ['rollout', `status in ('rolled_back', 'aborted', 'failed') and reason is null`],
  ['scan', `status = 'failed' and failure is null`],
  ['batch_prediction', `status = 'failed' and failure is null`],
] as const;

/** Everything that was begun has ended, what failed says why, and every message that was committed has been told. */
export async function atRest(query: Query): Promise<readonly Finding[]> {
  const underWay = UNDER_WAY.map(async ([table, where]) => {
    const id = table === 'step' ? `execution_id || '/' || name` : 'id';
    const rows = await query(`select ${id} as id, status from ${table} where ${where}`);
    return rows.map((row): Finding => ({ sort: 'stuck', what: `${table} ${row['id']} is ${row['status']}` }));
  });
  const unexplained = UNEXPLAINED.map(async ([table, where]) => {
    const rows = await query(`select id, status from ${table} where ${where}`);
    return rows.map((row): Finding => ({ sort: 'wrong', what: `${table} ${row['id']} is ${row['status']} without a reason` }));
  });
  const halfway = await query(
    `select mv.id, mv.number, m.name from model_version mv join model m on m.id = mv.model_id
      where mv.deployment_status = 'deploying' and not exists (select 1 from rollout r where r.model_version_id = mv.id and r.ended_at is null)`,
  );
  const untold = await query('select id, type, subject from outbox where published_at is null');
  return [
    ...(await Promise.all([...underWay, ...unexplained])).flat(),
    ...halfway.map(({ name, number }): Finding => ({ sort: 'stuck', what: `version ${number} of ${name} is deploying by no rollout` })),
    ...untold.map(({ id, type, subject }): Finding => ({ sort: 'stuck', what: `message ${id} (${type} of ${subject}) was not published` })),
  ];
}
