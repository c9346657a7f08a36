import type { Alert } from './summarize.ts';

/** Of a model with thousands of columns: an event takes 256 KiB, and nobody reads more. The report has all of them. */
const MOST_TOLD = 100;

/** What an event says of the columns that drifted, and of how many more it does not. */
export function toldOf(alerts: readonly Alert[]) {
  const told = alerts.slice(0, MOST_TOLD);
  return {
    what: told.map(({ what }) => what),
    sentences: told.map(({ sentence }) => sentence),
    more: alerts.length - told.length,
  };
}
