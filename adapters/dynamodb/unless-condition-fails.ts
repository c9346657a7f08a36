import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { asUnavailable } from './unavailable.ts';

/**
 * The answer to a conditional write; undefined where its condition kept it from being made.
 *
 * @param store as whoever is told to try again knows it
 */
export async function unlessConditionFails<T>(store: string, sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw asUnavailable(store, error);
  }
}
