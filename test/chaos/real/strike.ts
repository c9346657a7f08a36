import { setTimeout as sleep } from 'node:timers/promises';
import { sendSignal } from '../../../local/processes.ts';
import { readRecord } from '../../../local/region-record.ts';
import { CUTS } from './cutting-proxy.ts';
import type { Fault } from './plan-faults.ts';
import { lives } from './processes.ts';
import type { Proxies } from './proxies.ts';
import { findVictim } from './victims.ts';

export interface Struck {
  readonly fault: Fault;
  readonly at: string;
  /** Of what was ended; none where connections were cut. */
  readonly pid?: number;
  readonly doing: string;
}

/** A job or a busy function comes by sooner or later; an engine that fell a moment ago is up again by then. */
const WAIT_MS = 45_000;
const LOOK_MS = 50;

/** Waits the fault's time and for its victim, and ends that with SIGKILL, or cuts connections; undefined when none came by. */
export async function strike(folder: string, proxies: Proxies, fault: Fault): Promise<Struck | undefined> {
  await sleep(fault.afterMs);
  const until = Date.now() + WAIT_MS;
  while (Date.now() < until) {
    const at = new Date().toISOString();
    if (fault.class === 'connection') {
      const doing = cut(proxies, fault.pick);
      if (doing !== undefined) return { fault, at, doing };
    } else {
      const record = await readRecord(folder);
      if (record?.state !== 'ready') throw new Error(`The region is ${record?.state ?? 'gone'}: ${JSON.stringify(record)}`);
      const victim = await findVictim(record, fault.class, fault.pick);
      if (victim && sendSignal(victim.pid, 'SIGKILL')) {
        while (await lives(victim.pid)) await sleep(LOOK_MS);
        return { fault, at, ...victim };
      }
    }
    await sleep(LOOK_MS);
  }
  return undefined;
}

/** The connections of one of the three ways, in one of the three manners. */
function cut(proxies: Proxies, pick: number): string | undefined {
  const ways = Object.entries(proxies.byName);
  const which = Math.floor(pick * ways.length * CUTS.length);
  const [name, proxy] = ways[which % ways.length] as [string, (typeof ways)[number][1]];
  const manner = CUTS[Math.floor(which / ways.length)] as (typeof CUTS)[number];
  const count = proxy.strike(manner);
  return count === 0 ? undefined : `${manner} of ${count} connections to ${name}`;
}
