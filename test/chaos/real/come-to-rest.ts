import { setTimeout as sleep } from 'node:timers/promises';
import { atRest } from '../invariants/at-rest.ts';
import type { Finding } from '../invariants/finding.ts';
import type { Stores } from './stores.ts';

const LOOK_MS = 1_000;
/** A bus may hold a delivery back for three seconds, and nobody sees it meanwhile: rest is what lasts longer. */
const QUIET_MS = 5_000;

/** Waits until nothing has been under way for a while; tells what still is when the time is over. */
export async function comeToRest(stores: Stores, limitSeconds: number): Promise<readonly Finding[]> {
  const until = Date.now() + limitSeconds * 1000;
  let quietSince: number | undefined;
  for (;;) {
    // A database may be coming up again: that it does not is told in the end.
    const found = await underWay(stores).catch((error: Error): readonly Finding[] => [
      { sort: 'stuck', what: `no look: ${error.message}` },
    ]);
    const stuck = found.filter(({ sort }) => sort === 'stuck');
    quietSince = stuck.length === 0 ? (quietSince ?? Date.now()) : undefined;
    if (quietSince !== undefined && Date.now() - quietSince > QUIET_MS) return [];
    if (Date.now() > until) return stuck;
    await sleep(LOOK_MS);
  }
}

async function underWay(stores: Stores): Promise<readonly Finding[]> {
  const [rows, bells, queues, machines] = await Promise.all([atRest(stores.query), stores.bells(), stores.queued(), stores.running()]);
  const stuck = (what: string): Finding => ({ sort: 'stuck', what });
  return [
    ...rows,
    ...bells.map((bell) => stuck(`the bell ${bell} hangs`)),
    ...queues.filter(({ messages }) => messages > 0).map(({ queue, messages }) => stuck(`${messages} messages in ${queue}`)),
    ...machines.map((name) => stuck(`the machine ${name} runs`)),
  ];
}
