import type { Approval } from './ports.ts';

/** Half of the time is gone: long enough that somebody should have decided, and as long again to decide in. */
const SHARE = 0.5;

/** From when on an approval that nobody has decided about has waited for long. */
export function waitsLongFrom({ createdAt, expiresAt }: Pick<Approval, 'createdAt' | 'expiresAt'>): Date {
  return new Date(createdAt.getTime() + (expiresAt.getTime() - createdAt.getTime()) * SHARE);
}
