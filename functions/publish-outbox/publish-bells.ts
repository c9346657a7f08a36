import type { Logger } from '@aws-lambda-powertools/logger';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { rungFrom } from '#adapters/dynamodb/bell.ts';
import { NotSealed, type Publishing } from './publish-intent.ts';
import { publishRung } from './publish-rung.ts';

/** The bell table's stream: bells that were rung, or rung again; removals are the publisher's own doing. A bell that could not be published comes again; those after it in the batch do too, and find nothing left to do. */
export function publishBells(publishing: Publishing, logger: Pick<Logger, 'info' | 'error'>) {
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const rings = Records.filter(({ eventName }) => eventName !== 'REMOVE');
    const outcomes = await Promise.all(
      rings.map(async ({ dynamodb }) => {
        const itemIdentifier = dynamodb?.SequenceNumber ?? '';
        try {
          await publishRung(publishing, rungFrom((dynamodb?.NewImage ?? {}) as Record<string, AttributeValue>), logger);
          return undefined;
        } catch (error) {
          logger.error('a bell was not published', { itemIdentifier, error: error as Error });
          // The chain waits for the sweep; the bells behind this one do not wait for the chain.
          return error instanceof NotSealed ? undefined : { itemIdentifier };
        }
      }),
    );
    return { batchItemFailures: outcomes.filter((failure) => failure !== undefined) };
  };
}
