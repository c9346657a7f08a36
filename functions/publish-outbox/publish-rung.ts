import type { Logger } from '@aws-lambda-powertools/logger';
import type { Rung } from '#adapters/dynamodb/bell.ts';
import { type Publishing, publishIntent } from './publish-intent.ts';

/** Does what one bell stands for, whoever found it: the stream or the sweep. The bell is silenced last. */
export async function publishRung(publishing: Publishing, rung: Rung, logger: Pick<Logger, 'info'>): Promise<void> {
  const { intent, tenant, execution } = rung;
  const about = () => ({ tenant, ms: publishing.now() - rung.rungAt.getTime() });
  if (execution) {
    const outcome = await publishing.check(rung, execution);
    await publishing.silence(intent);
    logger.info('checked', { execution, outcome, ...about() });
  } else {
    const delivered = await publishIntent(publishing, rung);
    logger.info('published', { intent, delivered, ...about() });
  }
}
