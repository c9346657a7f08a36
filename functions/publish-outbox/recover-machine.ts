import type { dynamoOpenMachines, OpenMachine } from '#adapters/dynamodb/open-machines.ts';
import type { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { type End, EXPIRED, lostEnd, type Recovery, recover, type Seen, type Standing, seenOf } from '#core/recovery/index.ts';
import { newestMachine, nthName } from './newest-machine.ts';

/** What Postgres says; of a run of scans also which of them are open. */
export interface Told {
  readonly standing: Standing;
  readonly scans?: readonly string[] | undefined;
}

export interface Recovering {
  readonly orchestrator: Pick<ReturnType<typeof stepFunctions>, 'look' | 'start'>;
  readonly openMachines: Pick<ReturnType<typeof dynamoOpenMachines>, 'all' | 'forget' | 'waitsNoLonger'>;
  /** ARN by the name that orders use. */
  readonly stateMachines: Readonly<Record<string, string>>;
  /** By the same name: the step that writes down how something ended whose machine could not. */
  readonly recorders: Readonly<Record<string, (event: object) => Promise<unknown>>>;
  standing(entry: Pick<OpenMachine, 'machine' | 'name' | 'tenant'>): Promise<Told>;
  now(): number;
}

export interface Recovered {
  readonly action: Recovery;
  readonly seen: Seen;
  readonly standing: Standing | undefined;
  readonly starts: number;
}

const STEP: Readonly<Record<string, string>> = { rollout: 'roll-back' };

/**
 * Looks at one order, and does what `core/recovery/recover.ts` says. Safe to repeat and side by side: what two start has one name,
 * and what two record has ended for whoever comes second.
 */
export function recoverMachine({ orchestrator, openMachines, stateMachines, recorders, standing, now }: Recovering) {
  async function record({ machine, input }: OpenMachine, { error, cause }: End, scans: readonly string[] | undefined): Promise<void> {
    const recorder = recorders[machine];
    if (!recorder) throw new Error(`Nobody writes down how the machine ${machine} ended.`);
    const event = { ...input, step: STEP[machine] ?? 'record-failure', error, cause };
    for (const each of scans ? scans.map((scan) => ({ ...event, scan })) : [event]) await recorder(each);
  }

  return async (entry: OpenMachine): Promise<Recovered> => {
    const arn = stateMachines[entry.machine];
    if (!arn) throw new Error(`${entry.machine}/${entry.name} is open, and this deployment has no such machine`);
    const { found, starts } = await newestMachine(orchestrator, arn, entry.name);
    const { seen, end } = seenOf(found);
    const about = {
      seen,
      starts,
      ageSeconds: (now() - entry.since.getTime()) / 1000,
      overdueSeconds: entry.dueAt && (now() - entry.dueAt.getTime()) / 1000,
    };
    const first = recover(about);
    const told = first === 'ask' ? await standing(entry) : undefined;
    const action = told ? recover({ ...about, standing: told.standing }) : first;
    switch (action) {
      case 'start':
        await orchestrator.start(arn, nthName(entry.name, seen === 'unknown' ? 1 : starts + 1), entry.input, entry.traceparent);
        break;
      case 'record':
        await record(entry, lostEnd(seen, end, starts), told?.scans);
        break;
      case 'expire':
        await record(entry, EXPIRED, told?.scans);
        break;
      case 'forget':
        await openMachines.forget(entry);
        break;
      case 'leave':
        // It was decided in time: nobody needs to ask again.
        if (told) await openMachines.waitsNoLonger(entry);
        break;
      case 'ask':
        throw new Error('Postgres was asked and is to be asked again');
    }
    return { action, seen, standing: told?.standing, starts };
  };
}
