import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from './actor.ts';
import { MODEL } from './learn.ts';
import { FIRST_HOUR } from './serve.ts';
import { stubbornly } from './stubbornly.ts';

const MONITOR = `/v1/models/${MODEL}/monitors/hourly`;
const EVERY_MS = 15_000;

const RETRAINING = { retraining: { pipeline: MODEL, cooldownHours: 0.02, budget: { executions: 1000, days: 1 } } };

/** @param more what follows from a scan; retraining unless told otherwise */
export async function setMonitor({ tenant }: Pick<Actor, 'tenant'>, more: object = RETRAINING): Promise<void> {
  const settings = {
    reference: { kind: 'training' },
    window: { hours: 1, startsAt: new Date(FIRST_HOUR).toISOString() },
    clock: 'watermark',
    schedule: 'rate(1 minute)',
    minRows: 50,
    ...more,
  };
  await stubbornly(() => tenant.asScientist.put(MONITOR, settings));
}

/** Somebody who wants to see the scans now, beside the schedule. */
export function watcher({ tenant, ledger, counter }: Actor): () => Promise<void> {
  return async () => {
    const key = `scans-${counter('scan')}`;
    const { run } = await stubbornly(() => tenant.asScientist.post<{ run: string }>(`${MONITOR}/scans`, {}, { idempotencyKey: key }));
    ledger.add({ tenant: tenant.slug, kind: 'scans', run });
    await sleep(EVERY_MS);
  };
}
