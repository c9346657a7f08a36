import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from '../../../examples/flights/client.ts';

const AGAIN_MS = 500;
/** Far longer than any fault of the suite lasts: who is not answered by then never will be. */
const LIMIT_MS = 300_000;

/** Calls until there is an answer that sending again will not change. The call must be safe to repeat: natural, or with one key. */
export async function stubbornly<T>(call: () => Promise<T>): Promise<T> {
  const until = Date.now() + LIMIT_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error) || Date.now() > until) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** No answer at all, or one that says that later may be better. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.status === 429 || error.status >= 500;
  return error instanceof TypeError || (error as Error).name === 'TimeoutError' || (error as Error).name === 'AbortError';
}
