import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../invariants/finding.ts';

const PATIENCE = { againMs: 3_000, limitMs: 60_000 };

/**
 * What a look finds, but for what was only under way: a schedule may have begun a scan a moment before. Looks again for as long as
 * something of the first look is still stuck, a minute at most.
 */
export async function lasting(look: () => Promise<readonly Finding[]>, { againMs, limitMs } = PATIENCE): Promise<readonly Finding[]> {
  const until = Date.now() + limitMs;
  let found = await look();
  const first = new Set(found.map(({ what }) => what));
  const isStuck = ({ sort, what }: Finding) => sort === 'stuck' && first.has(what);
  while (found.some(isStuck) && Date.now() < until) {
    await sleep(againMs);
    found = await look();
  }
  return found.filter((finding) => finding.sort !== 'stuck' || isStuck(finding));
}
