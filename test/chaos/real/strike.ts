import { setTimeout as sleep } from 'node:timers/promises';
import { readRecord, regionFolder } from '../../../local/region-record.ts';
import type { Fault } from './plan-faults.ts';
import { lives } from './processes.ts';
import { findVictim } from './victims.ts';

export interface Struck {
  readonly fault: Fault;
  readonly at: string;
  readonly pid: number;
  readonly doing: string;
}

/** A job or a busy function comes by sooner or later; an engine that fell a moment ago is up again by then. */
const WAIT_MS = 45_000;
const LOOK_MS = 50;

/** Waits the fault's time and for its victim, and ends that with SIGKILL; undefined when none came by. */
export async function strike(root: string, fault: Fault): Promise<Struck | undefined> {
  await sleep(fault.afterMs);
  const until = Date.now() + WAIT_MS;
  while (Date.now() < until) {
    const record = await readRecord(regionFolder(root));
    if (record?.state !== 'ready') throw new Error(`The region is ${record?.state ?? 'gone'}: ${JSON.stringify(record)}`);
    const victim = await findVictim(record, fault.class, fault.pick);
    if (victim && kill(victim.pid)) {
      const at = new Date().toISOString();
      while (await lives(victim.pid)) await sleep(LOOK_MS);
      return { fault, at, ...victim };
    }
    await sleep(LOOK_MS);
  }
  return undefined;
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
