import { setTimeout as sleep } from 'node:timers/promises';
import { atRest } from '../invariants/at-rest.ts';
import type { Finding } from '../invariants/finding.ts';
import type { Stores } from './stores.ts';

const LOOK_MS = 1_000;

/** Waits until nothing is under way any more; tells what still is when the time is over. */
export async function comeToRest(stores: Stores, limitSeconds: number): Promise<readonly Finding[]> {
  const until = Date.now() + limitSeconds * 1000;
  for (;;) {
    // A database may be coming up again: that it does not is told in the end.
    const found = await underWay(stores).catch((error: Error): readonly Finding[] => [
      { sort: 'stuck', what: `no look: ${error.message}` },
    ]);
    const stuck = found.filter(({ sort }) => sort === 'stuck');
    if (stuck.length === 0 || Date.now() > until) return stuck;
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
