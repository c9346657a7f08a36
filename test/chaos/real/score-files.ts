import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from '../../../examples/flights/client.ts';
import type { Actor } from './actor.ts';
import { MODEL, upload } from './learn.ts';
import { stubbornly } from './stubbornly.ts';

const ROWS = 300;
const LOOK_MS = 500;
const REST_MS = 4_000;
const FOLLOW_MS = 150_000;

interface Batch {
  readonly id: string;
  readonly status: string;
  readonly endedAt: string | null;
}

/** A service that has a file scored, waits for it, and comes with the next one. */
export function clerk({ tenant, ledger, say, counter }: Actor): () => Promise<void> {
  const { asService, slug } = tenant;
  return async () => {
    const turn = counter('batch');
    const lines = Array.from({ length: ROWS }, (_, row) => `${turn}-${row},${(turn + row * 7) % 100},${row % 2 ? 'red' : 'blue'}`);
    const sha256 = await upload(tenant, 'batch', Buffer.from(`id,size,colour\n${lines.join('\n')}\n`));
    const order = { sha256, format: 'csv' };
    const batch = await stubbornly(() =>
      asService.post<Batch>(`/v1/models/${MODEL}/batches`, order, { idempotencyKey: `batch-${turn}` }),
    ).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.code === 'model_not_live') return undefined;
      throw error;
    });
    if (batch) {
      ledger.add({ tenant: slug, kind: 'batch', id: batch.id, rows: ROWS });
      await follow(batch.id);
    }
    await sleep(REST_MS);
  };

  async function follow(id: string): Promise<void> {
    const until = Date.now() + FOLLOW_MS;
    while (Date.now() < until) {
      const { endedAt, status } = await stubbornly(() => asService.get<Batch>(`/v1/batches/${id}`));
      if (endedAt) return say(`batch ${id} ${status}`);
      await sleep(LOOK_MS);
    }
    say(`batch ${id} has not ended`);
  }
}
