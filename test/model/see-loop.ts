import type { RoutingEntry } from '../../core/serving/index.ts';
import type { TestPostgres } from '../support/postgres.ts';
import type { Seen } from './invariants.ts';

/** The loop of a tenant as Postgres has it, and the shares as the routing table does. */
export async function seeLoop(postgres: TestPostgres, tenant: string, routed: RoutingEntry | undefined): Promise<Seen> {
  return postgres.asOwnerIn(tenant, async (client) => {
    const rows = async (text: string) => (await client.query(text)).rows;
    const executions = await rows(`
      select e.created_by as author, e.status, d.number as data, e.failure ->> 'code' as failure, v.number as version,
             (select bool_and(passed) from gate_verdict g where g.execution_id = e.id) as passed,
             a.status as approval, case when a.status in ('approved', 'rejected') then a.decided_by end as "decidedBy"
      from execution e join (select id, number from dataset_version) d on d.id = e.dataset_version_id
      left join model_version v on v.execution_id = e.id left join approval a on a.execution_id = e.id order by e.id`);
    const indexOf = `(select count(*)::int from execution x where x.id < e.id)`;
    const versions = await rows(`
      select ${indexOf} as execution, v.stage, v.deployment_status as deployment
      from model_version v join execution e on e.id = v.execution_id order by v.number`);
    const rollouts = await rows(`
      select v.number as version, b.number as baseline, case when e.id is null then null else ${indexOf} end as execution,
             r.status, r.step, r.reason ->> 'code' as reason
      from rollout r join model_version v on v.id = r.model_version_id left join model_version b on b.id = r.baseline_version_id
      left join execution e on e.id = r.execution_id order by r.id`);
    const starts = await rows(`
      select r.cause, ${indexOf} as execution from retraining r join execution e on e.id = r.execution_id order by r.id`);
    const [rest] = await rows(`
      select (select number from model_alias where alias = 'champion') as champion,
             (select max(number) from dataset_version) as data,
             (select roles <> '{}' from membership where principal_id = 'bob') as bob`);
    return {
      ...rest,
      executions,
      versions,
      rollouts,
      starts: starts.map(({ cause, execution }) => ({ cause: String(cause), execution })),
      arms: (routed?.arms ?? []).map(({ version, weight }) => [version, weight] as const),
      unserved: routed?.unserved ?? 0,
    } as Seen;
  });
}
