import { machineEnd } from '#core/pipelines/index.ts';
import type { End } from './lost-end.ts';
import type { Seen } from './recover.ts';

/** The error of what ran when the service that ran it ended: the laptop's engine says so of everything; on AWS nothing ends this way. */
const SERVICE_ENDED = 'States.ServiceRestart';

/** A machine as Step Functions describes it. */
export function seenOf(
  found: 'running' | 'unknown' | { readonly status: string; readonly error: string | undefined; readonly cause: string | undefined },
): { readonly seen: Seen; readonly end: End | undefined } {
  if (typeof found === 'string') return { seen: found, end: undefined };
  const end = machineEnd(found.status, found.error, found.cause);
  if (!end) return { seen: 'ended_well', end };
  return { seen: end.error === SERVICE_ENDED ? 'lost' : 'ended_badly', end };
}
