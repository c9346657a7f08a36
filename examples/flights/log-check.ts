import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from './client.ts';
import type { Tenant } from './tenants.ts';
import type { ScoredFlight } from './traffic.ts';

const POLL_MS = 300;
const LIMIT_MS = 120_000;
const AT_ONCE = 4;

interface Logged {
  readonly output: { readonly score: number };
  readonly groundTruth: { readonly value: boolean } | null;
}

/** Looks each flight up until the log shows it with its truth, and the score is what was answered. */
export async function checkJoined({ asScientist }: Tenant, flights: readonly ScoredFlight[]): Promise<number> {
  const until = Date.now() + LIMIT_MS;
  const waiting = [...flights];
  const worker = async () => {
    for (let flight = waiting.pop(); flight; flight = waiting.pop()) await checkOne(flight);
  };
  async function checkOne({ id, score, late }: ScoredFlight): Promise<void> {
    for (;;) {
      const found = await asScientist
        .get<Logged>(`/v1/predictions/${id}`)
        .catch((error) => (error instanceof ApiProblem && error.status === 404 ? undefined : Promise.reject(error)));
      if (found?.groundTruth) {
        if (found.groundTruth.value === late && Math.abs(found.output.score - score) < 1e-6) return;
        throw new Error(`prediction ${id} was answered as ${score} with truth ${late}, but is logged as ${JSON.stringify(found)}`);
      }
      if (Date.now() > until)
        throw new Error(`prediction ${id} is not logged with its ground truth after ${LIMIT_MS / 1000} s: ${JSON.stringify(found)}`);
      await sleep(POLL_MS);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return flights.length;
}

/** What one tenant must never see of another: the same answer as for an id that does not exist. */
export async function checkApart(tenant: Tenant, other: Tenant, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const problem = await tenant.asScientist.get(path).then(
      () => undefined,
      (error) => error,
    );
    if (!(problem instanceof ApiProblem) || problem.status !== 404)
      throw new Error(`${tenant.slug} asked ${other.slug}'s ${path} and got ${problem ?? 'an answer'}`);
  }
}
