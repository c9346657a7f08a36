import { setTimeout as sleep } from 'node:timers/promises';
import { drifted, type Scan } from './monitoring.ts';
import type { Tenant } from './tenants.ts';
import type { Traffic } from './traffic.ts';
import { type Followed, followExecution } from './training.ts';

const POLL_MS = 500;
const DECISION_LIMIT_MS = 90_000;

export interface Retraining {
  readonly id: string;
  readonly scan: string;
  readonly cause: string;
  readonly decision: 'start' | 'refuse';
  readonly reason: string;
  readonly executionId: string | null;
  readonly decidedAt: string;
}

export interface Renewal {
  /** Oldest first; "no" as well as "yes". */
  readonly decisions: readonly Retraining[];
  /** The execution that a decision started, followed to its end. */
  readonly followed: Omit<Followed, 'isResumed'> | undefined;
}

export async function decisionsOf({ asScientist }: Tenant): Promise<readonly Retraining[]> {
  const { items } = await asScientist.get<{ items: readonly Retraining[] }>('/v1/models/flights/retrainings?limit=100');
  return items.toReversed();
}

/** Waits for a decision about every scan that alerted, and follows what was started. */
export async function awaitRenewal(
  tenant: Tenant,
  scans: readonly Scan[],
  traffic: Traffic,
  say: (line: string) => void,
): Promise<Renewal> {
  const alerted = scans.filter((scan) => scan.alerted);
  const until = Date.now() + DECISION_LIMIT_MS;
  let decisions = await decisionsOf(tenant);
  while (alerted.some(({ id }) => !decisions.some(({ scan }) => scan === id))) {
    if (Date.now() > until) {
      const what = alerted.flatMap((scan) => drifted(scan).map(({ column }) => column));
      throw new Error(`nobody decided about retraining ${tenant.slug}, where ${what.join(', ')} drifted, in ${DECISION_LIMIT_MS / 1000} s`);
    }
    await sleep(POLL_MS);
    decisions = await decisionsOf(tenant);
  }
  const started = decisions.findLast(({ decision }) => decision === 'start');
  const followed = started?.executionId ? await followExecution(tenant, started.executionId, traffic, say) : undefined;
  return { decisions, followed };
}
