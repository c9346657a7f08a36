import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from './client.ts';
import type { Flight } from './rows.ts';
import type { Tenant } from './tenants.ts';

const MODEL = 'flights';
const BATCH_ROWS = 256;
const LABELS_PER_CALL = 1000;
const POLL_MS = 300;

export interface Replay {
  readonly singles: number;
  readonly batches: number;
  readonly predictions: readonly ScoredFlight[];
  readonly seconds: number;
}

export interface ScoredFlight {
  readonly id: string;
  readonly score: number;
  readonly late: boolean;
}

interface Predictions {
  readonly version: number;
  readonly predictions: readonly { readonly id: string; readonly label: boolean; readonly score: number }[];
}

/** April's flights through the public API: the first ones one by one, the others in batches. */
export async function predict({ asService }: Tenant, version: number, flights: readonly Flight[], singles: number): Promise<Replay> {
  const startedAt = performance.now();
  const scored: ScoredFlight[] = [];
  let batches = 0;
  for (let at = 0; at < flights.length; ) {
    const part = flights.slice(at, at + (at < singles ? 1 : BATCH_ROWS));
    const answer = await asService.post<Predictions>(`/v1/models/${MODEL}/predictions`, {
      rows: part.map(({ late: _, ...features }) => ({ eventTime: features.date, features })),
    });
    if (answer.version !== version || answer.predictions.length !== part.length) {
      throw new Error(
        `asked version ${version} for ${part.length} predictions, got ${answer.predictions.length} of version ${answer.version}`,
      );
    }
    scored.push(...answer.predictions.map(({ id, score }, index) => ({ id, score, late: part[index]?.late ?? false })));
    if (at >= singles) batches += 1;
    at += part.length;
  }
  return { singles: Math.min(singles, flights.length), batches, predictions: scored, seconds: (performance.now() - startedAt) / 1000 };
}

/** Tells what really happened to each flight. */
export async function recordGroundTruth({ asService }: Tenant, { predictions }: Replay): Promise<Readonly<Record<string, number>>> {
  const statuses: Record<string, number> = {};
  for (let at = 0; at < predictions.length; at += LABELS_PER_CALL) {
    const answer = await asService.post<{ labels: readonly { status: string }[] }>('/v1/ground-truth', {
      labels: predictions.slice(at, at + LABELS_PER_CALL).map(({ id, late }) => ({ predictionId: id, value: late })),
    });
    for (const { status } of answer.labels) statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

/** Every `stride`-th prediction is looked up until the log shows it with its truth. */
export async function checkJoined({ asScientist }: Tenant, { predictions }: Replay, stride: number): Promise<number> {
  const until = Date.now() + 60_000;
  let checked = 0;
  for (const { id, score, late } of predictions.filter((_, index) => index % stride === 0)) {
    for (;;) {
      const found = await asScientist
        .get<{ output: { score: number }; groundTruth: { value: boolean } | null }>(`/v1/predictions/${id}`)
        .catch((error) => (error instanceof ApiProblem && error.status === 404 ? undefined : Promise.reject(error)));
      if (found?.groundTruth) {
        if (found.groundTruth.value !== late || Math.abs(found.output.score - score) > 1e-6) {
          throw new Error(`prediction ${id} was answered as ${score} with truth ${late}, but is logged as ${JSON.stringify(found)}`);
        }
        break;
      }
      if (Date.now() > until)
        throw new Error(`prediction ${id} is not logged with its ground truth after a minute: ${JSON.stringify(found)}`);
      await sleep(POLL_MS);
    }
    checked += 1;
  }
  return checked;
}

/** What one tenant must never see of another: the same answer as for an id that does not exist. */
export async function checkApart(
  tenant: Tenant,
  other: Tenant,
  theirs: { readonly execution: string; readonly prediction: string },
): Promise<void> {
  for (const path of [`/v1/executions/${theirs.execution}`, `/v1/predictions/${theirs.prediction}`]) {
    const problem = await tenant.asScientist.get(path).then(
      () => undefined,
      (error) => error,
    );
    if (!(problem instanceof ApiProblem) || problem.status !== 404)
      throw new Error(`${tenant.slug} asked ${other.slug}'s ${path} and got ${problem ?? 'an answer'}`);
  }
}
