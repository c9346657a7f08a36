import { MongoNetworkError, MongoNotConnectedError, MongoServerSelectionError } from 'mongodb';
import { StoreUnavailable } from '#core/kernel/index.ts';

/** Runs one operation; a database that cannot be reached is said so, every other error flies on. */
export async function reach<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError || error instanceof MongoNotConnectedError) {
      throw new StoreUnavailable('The prediction store', { cause: error });
    }
    throw error;
  }
}
