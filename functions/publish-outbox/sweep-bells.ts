import type { Logger } from '@aws-lambda-powertools/logger';
import type { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { rungFrom } from '#adapters/dynamodb/bell.ts';
import type { Publishing } from './publish-intent.ts';
import { publishRung } from './publish-rung.ts';

export interface Sweeping extends Publishing {
  readonly unheard: ReturnType<typeof dynamoBell>['unheard'];
}

/** Beyond any transaction's own limits, and time enough for the stream to come first. */
const STALE_MS = 60_000;
const AT_ONCE = 10;

/**
 * Publishes the bells that the stream has lost. An empty table ends it: nobody else is asked, so that an idle database may sleep.
 * A bell that fails does not keep the others waiting; the next sweep finds it again.
 */
export function sweepBells(sweeping: Sweeping, logger: Pick<Logger, 'info' | 'error'>) {
  return async (): Promise<{ published: number; failed: number }> => {
    const total = { published: 0, failed: 0 };
    for await (const page of sweeping.unheard(new Date(sweeping.now() - STALE_MS))) {
      for (let from = 0; from < page.length; from += AT_ONCE) {
        await Promise.all(
          page.slice(from, from + AT_ONCE).map(async (item) => {
            try {
              await publishRung(sweeping, rungFrom(item), logger);
              total.published++;
            } catch (error) {
              logger.error('a bell was not published', { intent: item['pk']?.S, error: error as Error });
              total.failed++;
            }
          }),
        );
      }
    }
    // Thrown, so that the function's alarm sees it.
    if (total.failed > 0) throw new Error(`${total.failed} of ${total.failed + total.published} unheard bells could not be published`);
    if (total.published > 0) logger.info('swept', total);
    return total;
  };
}
