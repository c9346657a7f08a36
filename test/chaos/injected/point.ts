import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { dynamoRouting } from '../../../adapters/dynamodb/routing.ts';
import { atRest } from '../invariants/at-rest.ts';
import type { Finding, Query } from '../invariants/finding.ts';
import { checkPostgres, reader } from './check-postgres.ts';
import { checkSchedules, checkStores, checkWebhooks, type Stores } from './check-stores.ts';
import type { Fault, Kind } from './faults.ts';
import { type LoopOutcome, type LoopProps, runLoop } from './loop.ts';
import type { Region } from './region.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

export interface PointProps extends Omit<LoopProps, 'name' | 'webhookUrl'> {
  readonly owner: pg.Client;
  readonly stores: Stores;
  readonly receiver: WebhookReceiver;
}

export interface PointOutcome {
  readonly findings: readonly Finding[];
  /** The planned faults that happened: a call may not come about, when another order of events makes it needless. */
  readonly hit: number;
  /** Executions that failed and said why. */
  readonly failed: number;
  /** How each machine ended, where something is wrong. */
  readonly machines: readonly string[];
  readonly sites: readonly (readonly [string, readonly Kind[]])[];
  readonly milliseconds: number;
  /** False when something may still be under way. */
  readonly isOver: boolean;
}

/** So long may a loop really take, far beyond what any does. */
const PATIENCE_MS = 300_000;
const MOST_ROUNDS = 6;
const LOOKS = 3;
const LOOK_AGAIN_MS = 5_000;

/** One loop with these faults, then rest, then a look at everything it left. */
export async function runPoint(props: PointProps, name: string, faults: readonly Fault[]): Promise<PointOutcome> {
  const { region, receiver, owner } = props;
  const begun = performance.now();
  let findings: readonly Finding[];
  region.forget();
  receiver.forget();
  region.faults.begin(faults);
  let failed = 0;
  let isOver = false;
  try {
    const outcome = await patiently(runLoop({ ...props, name, webhookUrl: receiver.url }));
    region.faults.end();
    const query = reader(owner);
    await query(`select set_config('sluice.tenant', $1, false)`, [outcome.tenant]);
    await patiently(comeToRest(region, async () => (await atRest(query)).some(({ sort }) => sort === 'stuck')));
    findings = await stubbornly(() => look(props, outcome, query));
    failed = (await query(`select 1 from execution where status = 'failed'`)).length;
    isOver = true;
  } catch (error) {
    region.faults.end();
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    findings = [{ sort: 'stuck', what: `the loop did not come to its end: ${why}` }];
  }
  const milliseconds = Math.round(performance.now() - begun);
  const machines = findings.length > 0 ? region.machines.ends() : [];
  return { findings, machines, hit: region.faults.hit.size, failed, sites: [...region.faults.sites], milliseconds, isOver };
}

/** What the app does by itself as time goes on: sweeps, schedules, waits that run out. Two rounds at least, for what the first one began. */
async function comeToRest(region: Region, isStuck: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2 || (round < MOST_ROUNDS && (await isStuck())); round++) {
    await region.settle();
    region.fireSchedules();
    do await region.settle();
    while (region.time.goOn('long'));
    region.time.pass(300);
    for (const task of ['sweep', 'recover']) region.tell('publish-outbox', task, { [task]: true });
    await region.settle();
  }
}

async function look({ region, receiver, stores }: PointProps, outcome: LoopOutcome, query: Query): Promise<readonly Finding[]> {
  const routing = dynamoRouting(stores.dynamo, stores.tables.routing);
  return [
    ...(await checkPostgres(query, outcome, routing.read)),
    ...(await checkStores(stores, outcome, query)),
    ...(await checkWebhooks(receiver, outcome, query)),
    ...(await checkSchedules(region, query)),
  ];
}

/** A look that cannot reach a store says nothing of the app: the machine may have had other work. */
async function stubbornly<T>(looking: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await looking();
    } catch (error) {
      if (attempt === LOOKS) throw error;
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

async function patiently<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, late) => {
    timer = setTimeout(() => late(new Error(`it is not over after ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
