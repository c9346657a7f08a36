import { setTimeout as sleep } from 'node:timers/promises';
import { atRest } from '../invariants/at-rest.ts';
import type { Finding } from '../invariants/finding.ts';
import type { Stores } from './stores.ts';

const LOOK_MS = 1_000;
/** A bus may hold a delivery back for three seconds, and nobody sees it meanwhile: rest is what lasts longer. */
const QUIET_MS = 5_000;

/** Waits until nothing has been under way for a while; tells what still is when the time is over. */
export function comeToRest(stores: Stores, limitSeconds: number): Promise<readonly Finding[]> {
  return quiet(() => underWay(stores), limitSeconds);
}

/** Waits until no queue has held a message for a while, whatever else goes on; tells which still does when the time is over. */
export function queuesEmpty(stores: Stores, limitSeconds: number): Promise<readonly Finding[]> {
  return quiet(() => inQueues(stores), limitSeconds);
}

async function quiet(look: () => Promise<readonly Finding[]>, limitSeconds: number): Promise<readonly Finding[]> {
  const until = Date.now() + limitSeconds * 1000;
  let quietSince: number | undefined;
  for (;;) {
    // A database may be coming up again: that it does not is told in the end.
    const found = await look().catch((error: Error): readonly Finding[] => [stuck(`no look: ${error.message}`)]);
    const left = found.filter(({ sort }) => sort === 'stuck');
    quietSince = left.length === 0 ? (quietSince ?? Date.now()) : undefined;
    if (quietSince !== undefined && Date.now() - quietSince > QUIET_MS) return [];
    if (Date.now() > until) return left;
    await sleep(LOOK_MS);
  }
}

async function underWay(stores: Stores): Promise<readonly Finding[]> {
  const [rows, bells, queues, machines] = await Promise.all([atRest(stores.query), stores.bells(), inQueues(stores), stores.running()]);
  return [
    ...rows,
    ...bells.map((bell) => stuck(`the bell ${bell} hangs`)),
    ...queues,
    ...machines.map((name) => stuck(`the machine ${name} runs`)),
  ];
}

async function inQueues({ queued }: Stores): Promise<readonly Finding[]> {
  return (await queued()).filter(({ messages }) => messages > 0).map(({ queue, messages }) => stuck(`${messages} messages in ${queue}`));
}

const stuck = (what: string): Finding => ({ sort: 'stuck', what });
