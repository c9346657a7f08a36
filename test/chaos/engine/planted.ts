import type { Finding, Query } from '../invariants/finding.ts';
import { lasting } from '../real/lasting.ts';
import { fatesOf } from './fates.ts';
import type { Opened } from './open-moments.ts';

/** Whether the suite sees what it is there for: one row is removed, one execution left open, one failure left untold, each for a moment. */
export async function plantedFatesAreFound(
  query: Query,
  opened: Opened,
  check: () => Promise<readonly Finding[]>,
): Promise<readonly string[]> {
  const [execution, batch] = [[opened.approval], [opened.batch]];
  const left = await query('select status, ended_at from execution where id = $1', execution);
  const planted = [
    {
      name: 'a batch that is gone',
      sort: 'lost',
      // Under another id it is there for nobody who knows the first.
      plant: () => query(`update batch_prediction set id = '00000000-0000-8000-8000-000000000000' where id = $1`, batch),
      takeAway: () => query(`update batch_prediction set id = $1 where id = '00000000-0000-8000-8000-000000000000'`, batch),
    },
    {
      name: 'an execution that was left open',
      sort: 'stuck',
      plant: () => query(`update execution set status = 'awaiting_approval', ended_at = null where id = $1`, execution),
      takeAway: () =>
        query('update execution set status = $2, ended_at = $3 where id = $1', [...execution, left[0]?.['status'], left[0]?.['ended_at']]),
    },
  ] as const;
  const unseen: string[] = [];
  for (const { name, sort, plant, takeAway } of planted) {
    await plant();
    try {
      for (const findings of [(await fatesOf(query, opened)).findings, await check()])
        if (!findings.some((finding) => finding.sort === sort)) unseen.push(name);
    } finally {
      await takeAway();
    }
  }
  if (unseen.length > 0) throw new Error(`not found: ${unseen.join(', ')}`);
  const after = await lasting(async () => [...(await fatesOf(query, opened)).findings, ...(await check())]);
  if (after.length > 0) throw new Error(`a planted defect is still there: ${after[0]?.what}`);
  return planted.map(({ name }) => name);
}
