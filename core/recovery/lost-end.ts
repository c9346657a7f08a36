import type { Seen } from './recover.ts';

export interface End {
  readonly error: string;
  readonly cause: string;
}

/** Why something ends whose machine told nobody; `own` is what the machine said of its end. */
export function lostEnd(seen: Seen, own: End | undefined, starts: number): End {
  if (seen === 'ended_badly' && own) return own;
  if (seen === 'ended_well') return { error: 'machine_lost', cause: 'its machine ended and left it open' };
  return { error: 'machine_lost', cause: `its machine was lost ${starts} times; it is not started again` };
}

/** What an overdue decision is told. */
export const EXPIRED: End = { error: 'approval_expired', cause: 'Nobody decided in time.' };
