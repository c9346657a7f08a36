import type pg from 'pg';
import { atRest } from '../invariants/at-rest.ts';
import { championsServe, type Routed } from '../invariants/champions.ts';
import { factsOnce } from '../invariants/facts.ts';
import type { Finding, Query } from '../invariants/finding.ts';
import { exactly } from './exactly.ts';
import type { LoopOutcome } from './loop.ts';

/** Reads as the owner, who sees the one tenant that `sluice.tenant` names. */
export function reader(owner: pg.Client): Query {
  return async (text, values = []) => (await owner.query(text, [...values])).rows;
}

/** What the people were told is there once; what ended badly says why; what serves may serve. */
export async function checkPostgres(
  query: Query,
  outcome: LoopOutcome,
  routed: (tenant: string, model: string) => Promise<Routed | undefined>,
) {
  return [
    ...(await atRest(query)),
    ...(await factsOnce(query)),
    ...(await championsServe(query, routed)),
    ...(await acknowledgedOnce(query, outcome)),
    ...(await ordersFollowed(query)),
    ...(await oneServes(query)),
  ];
}

async function acknowledgedOnce(query: Query, { people }: LoopOutcome): Promise<readonly Finding[]> {
  const told = (operation: string) => people.flatMap(({ acknowledged }) => acknowledged.filter((one) => one.operation === operation));
  const ids = (operation: string) => told(operation).map(({ answer }) => String(answer.id));
  const column = async (statement: string) => (await query(statement)).map((row) => String(Object.values(row)[0]));
  const sources = told('putPipeline').map(({ answer }) => String(answer.sourceSha256));
  const members = [...told('putMember').map(({ answer }) => String(answer.principal)), people[0]?.principal ?? ''];
  const retrained = await column('select execution_id from retraining where execution_id is not null');
  const decisions = told('decideApproval').map(async ({ answer }): Promise<readonly Finding[]> => {
    const [found] = await query('select status from approval where id = $1', [answer.id]);
    return found?.['status'] === answer.status
      ? []
      : [{ sort: 'lost', what: `approval ${answer.id} was ${answer.status} and is ${found?.['status']}` }];
  });
  return [
    ...exactly('dataset version', ids('createDatasetVersion'), await column('select id from dataset_version')),
    ...exactly('webhook', ids('registerWebhook'), await column('select id from webhook_endpoint')),
    ...exactly('batch', ids('createBatch'), await column('select id from batch_prediction')),
    ...exactly('monitor', ids('putMonitor'), await column('select id from monitor')),
    ...exactly('pipeline version', sources, await column('select source_sha256 from pipeline_version')),
    ...exactly('member', members, await column('select principal_id from membership')),
    ...exactly('execution', [...ids('startExecution'), ...retrained], await column('select id from execution')),
    ...(await Promise.all(decisions)).flat(),
  ];
}

/** What one thing orders of another has come about. */
async function ordersFollowed(query: Query): Promise<readonly Finding[]> {
  const undecided = await query(`select id from scan where status = 'succeeded' and jsonb_array_length(summary->'alerted') > 0
    and not exists (select 1 from retraining where scan_id = scan.id)`);
  const scans = await query('select id from scan');
  return [
    ...undecided.map(({ id }): Finding => ({ sort: 'lost', what: `nobody decided about the drift of scan ${id}` })),
    ...(scans.length === 0 ? [{ sort: 'lost', what: 'the ordered scan was never begun' } as const] : []),
  ];
}

async function oneServes(query: Query): Promise<readonly Finding[]> {
  const live = await query(`select v.number, a.number as alias, p.status from model_version v
    left join model_alias a on a.model_id = v.model_id left join approval p on p.execution_id = v.execution_id
    where v.deployment_status = 'live'`);
  return [
    ...(live.length > 1 ? [{ sort: 'duplicated', what: `${live.length} versions are live` } as const] : []),
    ...live.flatMap(({ number, alias, status }): Finding[] =>
      number === alias && status === 'approved'
        ? []
        : [{ sort: 'wrong', what: `version ${number} is live, its approval ${status}; the alias points at ${alias}` }],
    ),
  ];
}
