import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from '../../../examples/flights/client.ts';
import type { Actor } from './actor.ts';
import { MODEL } from './learn.ts';
import { desk } from './serve.ts';
import { stubbornly } from './stubbornly.ts';

const LOOK_MS = 700;

interface Rollouts {
  readonly items: readonly { readonly endedAt: string | null }[];
}

/** Callers for as long as a canary needs them: what was trained while something died becomes the champion while something dies, or at rest. */
export function canaryCaller(actor: Actor): () => Promise<void> {
  const { asScientist } = actor.tenant;
  const call = desk(actor);
  return async () => {
    const { items } = await stubbornly(() => asScientist.get<Rollouts>(`/v1/models/${MODEL}/rollouts?limit=5`)).catch(noModelYet);
    if (items.some(({ endedAt }) => endedAt === null)) await call();
    else await sleep(LOOK_MS);
  };
}

function noModelYet(error: unknown): Rollouts {
  if (error instanceof ApiProblem && error.code === 'not_found') return { items: [] };
  throw error;
}
