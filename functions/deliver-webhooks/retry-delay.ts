/** Soon for a hiccup, hours for an outage. */
const DELAYS_SECONDS = [5, 30, 2 * 60, 10 * 60, 30 * 60, 60 * 60, 2 * 60 * 60];

/** How often the queue hands a delivery out before it is a dead letter; infra gives the queue the same number. */
export const ATTEMPTS = DELAYS_SECONDS.length + 1;

/** How long after the failure of this attempt (from 1) the next one comes; the queue gives up after the last, so then it is at once. */
export function retryDelaySeconds(attempt: number): number {
  return DELAYS_SECONDS[attempt - 1] ?? 0;
}
