import { setTimeout as sleep } from 'node:timers/promises';
import type { Region } from '../../../local/region.ts';
import type { FaultClass } from './plan-faults.ts';
import { descendantsOf, type Process } from './processes.ts';

export interface Victim {
  readonly pid: number;
  /** What it is and what it was doing. */
  readonly doing: string;
}

const LOOK_MS = 40;
const WORKER = /ministack-lambda-(.+)-[^-/]+\/_worker\.js$/;

/**
 * The process that a fault of this class ends now; undefined when there is none at this moment.
 * @param pick from 0 up to 1: which of several
 */
export async function findVictim(
  region: Pick<Region, 'engines'>,
  fault: Exclude<FaultClass, 'connection'>,
  pick: number,
): Promise<Victim | undefined> {
  const guard = (engine: string) => region.engines[engine] ?? 0;
  switch (fault) {
    case 'worker':
      return busyWorker(guard('aws'), pick);
    case 'training':
      return trainingProcess(guard('sagemaker'), pick);
    case 'executor':
      return underGuard(guard('sagemaker'), 'the executor');
    case 'postgres':
      return underGuard(guard('postgres'), 'Postgres');
    case 'mongo':
      return underGuard(guard('mongo'), 'Mongo');
  }
}

/** The engine itself; its guard ends what it started and tells the supervisor. */
export async function underGuard(guard: number, doing: string): Promise<Victim | undefined> {
  const below = await descendantsOf(guard);
  const engine = below.find(({ parent }) => parent === guard);
  return engine && { pid: engine.pid, doing: `${doing}, with ${below.length - 1} processes below it` };
}

/** A function's process that computed within the last moment: one that is in the middle of a call. */
async function busyWorker(guard: number, pick: number): Promise<Victim | undefined> {
  const before = await workersBelow(guard);
  await sleep(LOOK_MS);
  const after = await workersBelow(guard);
  const busy = after.filter(({ pid, cpu }) => cpu > (before.find((each) => each.pid === pid)?.cpu ?? cpu));
  const worker = busy[Math.floor(pick * busy.length)];
  return worker && { pid: worker.pid, doing: `in a call of ${WORKER.exec(worker.command)?.[1]}` };
}

async function workersBelow(guard: number): Promise<readonly Process[]> {
  return (await descendantsOf(guard)).filter(({ command }) => WORKER.test(command));
}

/** The launcher of a job, the toolkit, or the script that learns. */
async function trainingProcess(guard: number, pick: number): Promise<Victim | undefined> {
  const jobs = (await descendantsOf(guard)).filter(({ command }) => /launch\.py|sagemaker_training|\/ml\/code\//.test(command));
  const victim = jobs[Math.floor(pick * jobs.length)];
  return victim && { pid: victim.pid, doing: `training: ${victim.command.slice(-80)}` };
}
