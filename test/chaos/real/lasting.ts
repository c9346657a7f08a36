import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../invariants/finding.ts';

const PATIENCE = { againMs: 3_000, limitMs: 60_000 };

/**
 * What a look finds, but for what was only under way: a schedule may have begun a scan a moment before, and what
 * it tells may not have arrived. Looks again for as long as something of the first look is still stuck or missing, a minute at most.
 */
export async function lasting(look: () => Promise<readonly Finding[]>, { againMs, limitMs } = PATIENCE): Promise<readonly Finding[]> {
  const until = Date.now() + limitMs;
  let found = await look();
  const first = new Set(found.map(({ what }) => what));
  const before = new Set(first);
  const mayPass = ({ sort, what }: Finding) => sort === 'lost' || (sort === 'stuck' && first.has(what));
  while (found.some(mayPass) && Date.now() < until) {
    for (const { what } of found) before.add(what);
    await sleep(againMs);
    found = await look();
  }
  return found.filter(({ sort, what }) => (sort === 'stuck' ? first.has(what) : sort !== 'lost' || before.has(what)));
}
