import type { Finding, Query } from './finding.ts';

/** Facts that are true once of their subject. */
const ONCE = [
  'execution.queued.v1',
  'execution.ordered.v1',
  'batch.queued.v1',
  'batch.succeeded.v1',
  'batch.failed.v1',
  'approval.approved.v1',
  'approval.rejected.v1',
  'webhook.registered.v1',
];

/** Each fact has one audit row and one message, numbered without gaps, and what can be true once only was recorded once. */
export async function factsOnce(query: Query): Promise<readonly Finding[]> {
  const told = await query(
    `select coalesce(a.tenant_id, o.tenant_id) as tenant, coalesce(a.subject, o.subject) as subject, coalesce(a.action, o.type) as type,
            coalesce(a.n, 0)::int as audited, coalesce(o.n, 0)::int as told
       from (select tenant_id, subject, action, count(*) as n from audit group by 1, 2, 3) a
       full join (select tenant_id, subject, type, count(*) as n from outbox group by 1, 2, 3) o
         on o.tenant_id = a.tenant_id and o.subject = a.subject and o.type = a.action
      where coalesce(a.n, 0) <> coalesce(o.n, 0)`,
  );
  const gaps = await query(
    `select s.subject, s.last::int as last, count(o.id)::int as n, count(distinct o.sequence)::int as distinct
       from aggregate_sequence s left join outbox o on o.tenant_id = s.tenant_id and o.subject = s.subject
      group by s.tenant_id, s.subject, s.last having s.last <> count(o.id) or count(o.id) <> count(distinct o.sequence)`,
  );
  const twice = await query(
    `select subject, action, count(*)::int as n from audit where action = any($1) group by tenant_id, subject, action having count(*) > 1`,
    [ONCE],
  );
  return [
    ...told.map(
      ({ subject, type, audited, told: messages }): Finding => ({
        sort: 'lost',
        what: `${type} of ${subject} has ${audited} audit rows and ${messages} messages`,
      }),
    ),
    ...gaps.map(({ subject, last, n }): Finding => ({ sort: 'lost', what: `${subject} counted ${last} messages and has ${n}` })),
    ...twice.map(({ subject, action, n }): Finding => ({ sort: 'duplicated', what: `${action} of ${subject} was recorded ${n} times` })),
  ];
}
