/** What becomes of what was ordered when the machine that carried it is gone. Start at recover.ts. */
export { type End, EXPIRED, lostEnd } from './lost-end.ts';
export { MOST_STARTS, type Recovery, recover, type Seen, type Standing } from './recover.ts';
export { seenOf } from './seen-of.ts';
