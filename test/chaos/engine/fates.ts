import type { Finding, Query } from '../invariants/finding.ts';
import type { Moment, Opened } from './open-moments.ts';

const EXECUTION = 'select status, failure from execution where id = $1';
const ENDS: Readonly<Record<Moment, string>> = {
  training: EXECUTION,
  approval: EXECUTION,
  canary: EXECUTION,
  scan: 'select status, failure from scan where run = $1',
  batch: 'select status, failure from batch_prediction where id = $1',
};

export interface Fates {
  /** Of what the engine's end interrupted: how much went on to its good end. */
  readonly wentOn: number;
  /** And how much failed with a reason. */
  readonly toldWhy: number;
  readonly findings: readonly Finding[];
}

/** What became of each thing that was under way: it went on, or a person can read why it did not and what to do. */
export async function fatesOf(query: Query, opened: Opened): Promise<Fates> {
  const all = await Promise.all(
    Object.entries(opened).map(async ([moment, id]) => ({ moment, id, rows: await query(ENDS[moment as Moment], [id]) })),
  );
  const findings: Finding[] = [];
  let [wentOn, toldWhy] = [0, 0];
  for (const { moment, id, rows } of all) {
    const bad = rows.filter(({ status }) => status !== 'succeeded');
    const [untold] = bad.filter(({ failure }) => !isTold(failure));
    if (rows.length === 0) findings.push({ sort: 'lost', what: `the ${moment} ${id} is not there` });
    else if (untold)
      findings.push({ sort: 'stuck', what: `the ${moment} ${id} is ${untold['status']}: ${JSON.stringify(untold['failure'])}` });
    else if (bad.length > 0) toldWhy++;
    else wentOn++;
  }
  return { wentOn, toldWhy, findings };
}

function isTold(failure: unknown): boolean {
  const { code, ...facts } = (failure ?? {}) as Readonly<Record<string, unknown>>;
  return typeof code === 'string' && Object.values(facts).some((fact) => typeof fact === 'string' && fact !== '');
}
