import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from '../../../examples/flights/client.ts';
import type { Actor } from './actor.ts';
import { MODEL } from './learn.ts';
import { stubbornly } from './stubbornly.ts';

const EVERY_MS = 600;
const ROWS_A_CALL = 4;
/** Of the simulated clock for each call, so that an hour, a monitor's window, passes in a quarter of a minute. */
const MINUTES_A_CALL = 3;
export const FIRST_HOUR = Date.parse('2001-01-01T00:00:00Z');

interface Predictions {
  readonly predictions: readonly { readonly row: number; readonly id: string }[];
}

/** A tenant's service: asks for predictions all the time, and tells a call later what really happened. */
export function desk({ tenant, ledger, counter }: Actor): () => Promise<void> {
  const { asService, slug } = tenant;
  let answered: readonly string[] = [];
  return async () => {
    const turn = counter('serve');
    const hour = Math.floor((turn * MINUTES_A_CALL) / 60);
    // Every third hour the rows are of another kind, so that scans find drift and retraining follows.
    const strange = hour % 3 === 2;
    const rows = Array.from({ length: ROWS_A_CALL }, (_, place) => ({
      id: idOf(`${slug}/${turn}/${place}`),
      eventTime: new Date(FIRST_HOUR + turn * MINUTES_A_CALL * 60_000 + place * 1000).toISOString(),
      features: {
        size: strange ? 95 + place : (turn * 7 + place * 23) % 100,
        colour: (turn + place) % 2 === 0 || strange ? 'red' : 'blue',
      },
    }));
    const { predictions } = await stubbornly(() => asService.post<Predictions>(`/v1/models/${MODEL}/predictions`, { rows })).catch(notLive);
    for (const { id } of predictions) ledger.add({ tenant: slug, kind: 'prediction', id, model: MODEL });
    await tellTruth();
    answered = predictions.map(({ id }) => id);
    await sleep(EVERY_MS);
  };

  async function tellTruth(): Promise<void> {
    if (answered.length === 0) return;
    const labels = answered.map((predictionId, place) => ({ predictionId, value: place % 2 === 0 }));
    await stubbornly(() => asService.post('/v1/ground-truth', { labels }));
    for (const { predictionId, value } of labels) ledger.add({ tenant: slug, kind: 'label', prediction: predictionId, value });
  }
}

function notLive(error: unknown): Predictions {
  if (error instanceof ApiProblem && error.code === 'model_not_live') return { predictions: [] };
  throw error;
}

/** A UUID of this content (RFC 9562's version 8). */
function idOf(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
