import { DAY_MS } from './kept.ts';

const HOUR_MS = 60 * 60_000;

/** Of a policy that is new, or newly known: a slip of whoever wrote it can be taken back for an hour. */
export function firstLook(now: Date): Date {
  return new Date(now.getTime() + HOUR_MS);
}

/** What is left of one kind. */
export interface Left {
  readonly days: number;
  /** When the store took in the oldest of what is kept; undefined when nothing is there. */
  readonly oldest: Date | undefined;
}

/**
 * When to look again, so that nothing stays a day longer than it is kept: when the first of what is left is due, though not twice
 * within 23 hours. Whatever comes in after this look cannot be due before its days have passed, so that a tenant who is idle is
 * hardly ever looked at.
 */
export function nextLook(asOf: Date, left: readonly Left[]): Date {
  const due = left.map(({ days, oldest }) => Math.min(oldest?.getTime() ?? Number.POSITIVE_INFINITY, asOf.getTime()) + days * DAY_MS);
  return new Date(Math.max(asOf.getTime() + 23 * HOUR_MS, Math.min(...due)));
}
