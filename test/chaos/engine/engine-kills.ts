import { setTimeout as sleep } from 'node:timers/promises';
import { smallPipeline } from '../../e2e/rows.ts';
import { keepFigures } from '../../support/figures.ts';
import type { Finding } from '../invariants/finding.ts';
import type { TenantIds } from '../real/acknowledged.ts';
import type { Actor } from '../real/actor.ts';
import { comeToRest, queuesEmpty } from '../real/come-to-rest.ts';
import { type InvariantsProps, invariantsOf } from '../real/invariants.ts';
import { lasting } from '../real/lasting.ts';
import { distinct } from '../real/progress.ts';
import { desk } from '../real/serve.ts';
import { stubbornly } from '../real/stubbornly.ts';
import { setMonitor } from '../real/watch.ts';
import { startWorkload } from '../real/workload.ts';
import { fatesOf } from './fates.ts';
import { killEngine } from './kill-engine.ts';
import { belongingsOf, enteredAnew, type LoseStateProps, loseState, missed, signedInAgain } from './lose-state.ts';
import { begin, openMoments, waiting, within } from './open-moments.ts';
import { plantedFatesAreFound } from './planted.ts';

export interface EngineKillsProps extends LoseStateProps {
  readonly invariants: InvariantsProps;
  readonly actors: readonly Actor[];
  readonly say: (line: string) => void;
}

const REST_SECONDS = 300;
const GOES_ON_MS = 300_000;
const RECOVERING_MS = 180_000;
const SORTS = ['lost', 'duplicated', 'stuck', 'wrong'] as const;

/**
 * Kills of the AWS engine, which AWS does not know: twice while everything is in the middle of something, the second time while the
 * region recovers from the first; then for good, with all that the engine kept.
 */
export async function engineKills({ invariants, actors, say, ...where }: EngineKillsProps): Promise<boolean> {
  const [first, second] = actors;
  if (!first || !second) throw new Error('two tenants are needed');
  const pair = [first, second] as const;
  const startedAt = Date.now();
  const tell = (line: string) => say(`${((Date.now() - startedAt) / 1000).toFixed(0)} s ${line}`);
  // What a scan finds shall not start anything that nobody here waits for.
  for (const actor of pair) await setMonitor(actor, {});

  const { opened, broken } = await killInTheMiddle({ invariants, pair, tell, regionFolder: where.regionFolder });
  const lost = await loseEverything({ invariants, pair, tell, ...where });
  const { query } = lost.stores;
  const fates = await fatesOf(query, opened);
  const findings = distinct([...broken, ...lost.findings, ...fates.findings]);
  const found = findings.length === 0 ? await plantedFatesAreFound(query, opened, lost.check) : [];
  await lost.stores.close();
  for (const { sort, what } of findings) tell(`${sort}: ${what}`);
  if (found.length > 0) tell(`planted and found: ${found.join(', ')}`);
  await keepFigures('engine-kills', {
    kills: 3,
    stateLosses: 1,
    interrupted: Object.keys(opened).length,
    wentOn: fates.wentOn,
    failedWithReason: fates.toldWhy,
    ...Object.fromEntries(SORTS.map((sort) => [sort, findings.filter((finding) => finding.sort === sort).length])),
    defectsPlantedAndFound: found.length,
  });
  return findings.length === 0;
}

interface Common {
  readonly invariants: InvariantsProps;
  readonly pair: readonly [Actor, Actor];
  readonly tell: (line: string) => void;
}

async function killInTheMiddle({ invariants, pair, tell, regionFolder }: Common & { readonly regionFolder: string }) {
  const { stores } = invariants;
  const opened = await openMoments({ stores, actors: pair, regionFolder });
  const asked = await approvalOf(stores, opened.approval);
  tell('kills the engine in the middle of a training job, an approval, a canary, a scan and a batch');
  await killEngine(regionFolder);
  tell('is up again');
  if (!(await within(RECOVERING_MS, async () => (await stores.running().catch(() => [])).length > 0)))
    throw new Error('no machine was started again');
  tell('kills it again, while what was lost is being started again');
  await killEngine(regionFolder);
  // Who asks for predictions comes back: the canary is judged by them.
  const calls = startWorkload([pair[1]], [desk]);
  const isAskedAgain = async () => (await approvalOf(stores, opened.approval))?.['task_token'] !== asked?.['task_token'];
  const askedAgain = await within(GOES_ON_MS, isAskedAgain);
  const after = await approvalOf(stores, opened.approval);
  const broken: Finding[] = [];
  if (!askedAgain) broken.push({ sort: 'stuck', what: 'the machine that waited for an approval did not ask again' });
  if (String(asked?.['expires_at']) !== String(after?.['expires_at']))
    broken.push({ sort: 'wrong', what: `the approval was to be given by ${asked?.['expires_at']} and is by ${after?.['expires_at']}` });
  tell('the approval waits again');
  await approve(pair[0], String(after?.['id']));
  await allEnded(stores, [opened.canary, opened.training, opened.approval]);
  await calls.stop();
  tell('the executions have ended');
  broken.push(...(await comeToRest(stores, REST_SECONDS)), ...(await lasting(invariantsOf(invariants))));
  tell('at rest and looked at');
  return { opened, broken };
}

async function loseEverything({ invariants, pair, tell, ...where }: Common & LoseStateProps) {
  const [first, second] = pair;
  const before = await Promise.all(pair.map(belongingsOf));
  const waits = await Promise.all(pair.map((actor) => waiting(invariants.stores, actor)));
  const asked = await Promise.all(waits.map((id) => approvalOf(invariants.stores, id)));
  // SQS keeps what it was given; an engine without its state has lost it.
  const [held] = await queuesEmpty(invariants.stores, REST_SECONDS);
  if (held) throw new Error(`the queues did not become empty: ${held.what}`);
  tell('kills the engine and removes its state');
  const lostAt = new Date();
  const { app, stores } = await loseState(where);
  tell('the region is up and deployed');
  const again = await Promise.all(pair.map((actor) => signedInAgain(app, where.baseUrl, actor)));
  const findings: Finding[] = [];
  for (const [at, actor] of again.entries())
    findings.push(...missed(actor.tenant.slug, before[at] as (typeof before)[number], await belongingsOf(actor)));
  const pending = await Promise.all(waits.map((id) => approvalOf(stores, id)));
  for (const [at, approval] of pending.entries())
    if (approval?.['status'] !== 'pending' || String(approval['expires_at']) !== String(asked[at]?.['expires_at']))
      findings.push({ sort: 'lost', what: `the approval of ${waits[at]} is ${JSON.stringify(approval)}` });
  const [one, other] = again as [Actor, Actor];
  const anew = await enteredAnew(app, where.baseUrl, other);
  await Promise.all([approve(one, String(pending[0]?.['id'])), approve(anew, String(pending[1]?.['id']))]);
  tell('people are back, and what waited for them is decided');
  const calls = startWorkload([other], [desk]);
  const training = `{ algorithm: gradient_boosting, hyperparameters: { max_iter: ${20 + first.counter('engine-anew')} } }`;
  const run = await begin(stores, one, 'learns', smallPipeline({ name: 'learns', training }));
  const scanned = async () =>
    (
      await stores.query(
        `select 1 from scan join monitor on monitor.id = scan.monitor_id join tenant on tenant.id = scan.tenant_id
          where tenant.slug = $1 and monitor.name = 'hourly' and scan.started_at > $2`,
        [second.tenant.slug, lostAt],
      )
    ).length > 0;
  if (!(await within(GOES_ON_MS, scanned))) findings.push({ sort: 'lost', what: 'no schedule scans any more' });
  await calls.stop();
  tell('the schedule scans');
  await allEnded(stores, [run, ...waits]);
  for (const id of [run, ...waits]) {
    const [row] = await stores.query('select status, failure from execution where id = $1', [id]);
    if (row?.['status'] !== 'succeeded') findings.push({ sort: 'lost', what: `the execution ${id} is ${JSON.stringify(row)}` });
  }
  const callers = [...(invariants.tenants[1] as TenantIds).callers, anew.tenant.approver.principal];
  const tenants = invariants.tenants.map((tenant, at) => (at === 1 ? { ...tenant, callers } : tenant));
  const check = invariantsOf({ ...invariants, stores, tenants });
  findings.push(...(await comeToRest(stores, REST_SECONDS)), ...(await lasting(check)));
  tell('at rest and looked at');
  return { findings, stores, check };
}

async function approvalOf({ query }: InvariantsProps['stores'], execution: string) {
  return (await query('select id, status, expires_at, task_token from approval where execution_id = $1', [execution]))[0];
}

async function approve({ tenant, ledger }: Actor, approval: string): Promise<void> {
  const body = { decision: 'approved', comment: 'looked at' };
  await stubbornly(() => tenant.asApprover.post(`/v1/approvals/${approval}/decisions`, body, { idempotencyKey: `decide-${approval}` }));
  ledger.add({ tenant: tenant.slug, kind: 'decision', approval, decision: 'approved' });
}

/** What has not ended in time is for the invariants to judge. */
async function allEnded({ query }: InvariantsProps['stores'], executions: readonly string[]): Promise<void> {
  await within(GOES_ON_MS, async () => {
    await sleep(400);
    return (await query('select 1 from execution where id = any($1) and ended_at is null', [executions])).length === 0;
  });
}
