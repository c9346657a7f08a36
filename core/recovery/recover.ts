/** How Step Functions knows the newest machine of an order. `lost`: ended by the end of whatever ran it, so by nobody. */
export type Seen = 'running' | 'unknown' | 'lost' | 'ended_badly' | 'ended_well';

/**
 * What Postgres says of what the machine was about. `overdue`: open, and it waits for a decision whose deadline has passed. `unbegun`:
 * there is nothing of it, which is well once its machine has ended, and an order that got lost before.
 */
export type Standing = 'open' | 'overdue' | 'unbegun' | 'settled';

/** `ask` Postgres first; `forget` that it is open; `start` the next machine; `record` how it ended; `expire` the decision it waits for. */
export type Recovery = 'leave' | 'ask' | 'forget' | 'start' | 'record' | 'expire';

export interface Question {
  readonly seen: Seen;
  /** How many machines have carried the order. */
  readonly starts: number;
  /** Since it was last ordered. */
  readonly ageSeconds: number;
  /** A decision that it waits for should have fallen so long ago. Undefined when it waits for none; negative while there is time. */
  readonly overdueSeconds?: number | undefined;
  /** Undefined before Postgres was asked. */
  readonly standing?: Standing | undefined;
}

/** Whoever starts a machine writes down that it is open before, and may be slow in between. */
const STARTS_WITHIN_SECONDS = 60;
/** The machine's own time limit comes first. */
const EXPIRES_WITHIN_SECONDS = 60;
/** A machine that was lost as often as this has a cause that another start does not cure. */
export const MOST_STARTS = 20;

/**
 * What to do about something that was ordered and is not known to have ended. Pure and total. What runs is never touched, unless it
 * waits for a decision that is overdue; Postgres is asked only about what does not run, so that it may sleep while machines wait.
 */
export function recover({ seen, starts, ageSeconds, overdueSeconds = Number.NEGATIVE_INFINITY, standing }: Question): Recovery {
  if (ageSeconds < STARTS_WITHIN_SECONDS) return 'leave';
  if (seen === 'running') {
    if (overdueSeconds < EXPIRES_WITHIN_SECONDS) return 'leave';
    if (standing === undefined) return 'ask';
    return standing === 'overdue' ? 'expire' : 'leave';
  }
  const mayStart = (seen === 'unknown' || seen === 'lost') && starts < MOST_STARTS;
  switch (standing) {
    case undefined:
      return 'ask';
    case 'settled':
      return 'forget';
    case 'overdue':
      return 'expire';
    case 'unbegun':
      return mayStart ? 'start' : 'forget';
    case 'open':
      // Who ended well and left it open would do so again; who ended badly has said why.
      return mayStart ? 'start' : 'record';
  }
}
