import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is not `undefined` or the time is over; an error of `ask` ends it at once. */
export async function poll<T>(ask: () => Promise<T | undefined>, timeoutSeconds: number, everyMilliseconds = 50): Promise<T | undefined> {
  const end = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || Date.now() >= end) return answer;
    await sleep(everyMilliseconds);
  }
}
