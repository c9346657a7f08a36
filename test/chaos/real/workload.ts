import type { Actor } from './actor.ts';
import { approver } from './approve.ts';
import { canaryCaller } from './call-canary.ts';
import { learner, MODEL } from './learn.ts';
import { clerk } from './score-files.ts';
import { desk } from './serve.ts';
import { setMonitor, watcher } from './watch.ts';

/** What people and services of the tenants do until they are told to stop. */
export interface Workload {
  /** Ends when everybody has finished what he was about; throws what somebody could not make sense of. */
  stop(): Promise<void>;
}

type Role = (actor: Actor) => () => Promise<void>;

/** Whoever asks for something. */
export const ASKING: readonly Role[] = [learner, desk, watcher, clerk];
/** Whoever is needed for what was asked for to come to its end. */
export const DECIDING: readonly Role[] = [approver, canaryCaller];

export function startWorkload(actors: readonly Actor[], roles: readonly Role[]): Workload {
  let isStopping = false;
  const repeat = async (work: () => Promise<void>) => {
    while (!isStopping) await work();
  };
  const all = Promise.all(actors.flatMap((actor) => roles.map((role) => repeat(role(actor)))));
  // Told by `stop`; until then nobody looks.
  all.catch(() => undefined);
  return {
    async stop() {
      isStopping = true;
      await all;
    },
  };
}

const MOST_TRIES = 8;

/** Before anything dies: a first model that serves, and a monitor that watches it. Its rollout has to have callers. */
export async function prepare(actor: Actor): Promise<void> {
  const calls = startWorkload([actor], [desk]);
  await firstModel(actor);
  await calls.stop();
}

async function firstModel(actor: Actor): Promise<void> {
  const { asScientist, slug } = actor.tenant;
  const learn = learner(actor);
  for (let turn = 0; turn < MOST_TRIES; turn++) {
    const models = await asScientist.get<{ items: readonly { name: string; aliases: Readonly<Record<string, number>> }[] }>('/v1/models');
    if (models.items.some(({ name, aliases }) => name === MODEL && aliases['champion'] !== undefined)) return setMonitor(actor);
    await learn();
  }
  throw new Error(`no model of ${slug} went live in ${MOST_TRIES} executions, and nothing had died yet`);
}
