import type { VersionHealth } from './model-health.ts';
import type { WatchedModel, WatchedMonitor } from './ports.ts';

export const HEALTH_STATUSES = ['healthy', 'degraded', 'unhealthy', 'not_live'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** From where on something is worth a look, and from where on it is bad. */
export const HEALTH_LIMITS = {
  /** Fewer calls than these prove nothing. */
  minCalls: 20,
  errorRate: { degraded: 0.01, unhealthy: 0.05 },
  latencyP95Ms: { degraded: 500, unhealthy: 2000 },
  /** How long a rollout that went wrong is still news. */
  rolloutNewsHours: 24,
  /** How much later than due a scan may come. */
  scanGraceHours: 24,
} as const;

export interface HealthFacts {
  readonly model: Pick<WatchedModel, 'liveVersion' | 'rollout' | 'monitors'>;
  readonly versions: readonly VersionHealth[];
  readonly minutes: number;
  readonly now: Date;
}

interface Finding {
  readonly status: 'degraded' | 'unhealthy';
  readonly reason: string;
}

const HOUR_MS = 3600 * 1000;

/** How a model does, and why: one sentence for each thing that is out of bounds, or one that says that nothing is. */
export function judgeHealth(facts: HealthFacts): { readonly status: HealthStatus; readonly reasons: readonly string[] } {
  const { liveVersion, rollout } = facts.model;
  const findings = [
    ...facts.versions.flatMap((version) => trafficOf(version, facts)),
    ...rolloutOf(facts),
    ...facts.model.monitors.flatMap((monitor) => monitorOf(monitor, facts.now)),
  ];
  const reasons = findings.map(({ reason }) => reason);
  if (liveVersion === null) {
    const coming =
      rollout && !rollout.endedAt
        ? [`Version ${rollout.version} is being rolled out and serves ${percent(rollout.share)} of the units so far.`]
        : [];
    return { status: 'not_live', reasons: ['No version of the model is live.', ...coming, ...reasons] };
  }
  if (findings.length === 0) return { status: 'healthy', reasons: [quiet(liveVersion, facts)] };
  return { status: findings.some(({ status }) => status === 'unhealthy') ? 'unhealthy' : 'degraded', reasons };
}

/** Trouble of a version that is not live is for its rollout to end: it degrades the model and no more. */
function trafficOf({ version, calls, errors, errorRate, latencyMs }: VersionHealth, { model }: HealthFacts): Finding[] {
  const { minCalls, errorRate: rate, latencyP95Ms: p95 } = HEALTH_LIMITS;
  if (calls < minCalls) return [];
  const worst = (bad: boolean) => (bad && version === model.liveVersion ? 'unhealthy' : 'degraded');
  const found: Finding[] = [];
  if (errorRate !== null && errorRate >= rate.degraded)
    found.push({
      status: worst(errorRate >= rate.unhealthy),
      reason: `Version ${version} failed ${errors} of ${calls} calls (${percent(errorRate)}; ${percent(rate.degraded)} is too much).`,
    });
  if (latencyMs && latencyMs.p95 >= p95.degraded)
    found.push({
      status: worst(latencyMs.p95 >= p95.unhealthy),
      reason: `Version ${version} took ${Math.round(latencyMs.p95)} ms or more for one call in twenty (${p95.degraded} ms is too much).`,
    });
  return found;
}

function rolloutOf({ model: { rollout }, now }: HealthFacts): Finding[] {
  if (!rollout?.endedAt || (rollout.status !== 'rolled_back' && rollout.status !== 'failed')) return [];
  if (now.getTime() - rollout.endedAt.getTime() > HEALTH_LIMITS.rolloutNewsHours * HOUR_MS) return [];
  const { reason } = rollout;
  const why = [reason?.['sentence'], reason?.['code'], reason?.['reason']].find((text) => typeof text === 'string');
  const what = rollout.status === 'failed' ? 'The rollout of version' : 'Version';
  const how = rollout.status === 'failed' ? 'failed' : 'was rolled back';
  return [
    {
      status: 'degraded',
      reason: `${what} ${rollout.version} ${how} at ${rollout.endedAt.toISOString()}${why ? `: ${String(why).replace(/\.$/, '')}` : ''}.`,
    },
  ];
}

function monitorOf({ name, state, settings, createdAt, scan }: WatchedMonitor, now: Date): Finding[] {
  const found: Finding[] = [];
  if (scan?.status === 'failed')
    found.push({ status: 'degraded', reason: `The last scan of monitor ${name} failed, so its drift is not known.` });
  if (scan?.verdict === 'drift') {
    const moved = scan.effects.filter(({ verdict }) => verdict === 'drift').map(({ column }) => column);
    const what = moved.length > 0 ? ` in ${moved.join(', ')}` : '';
    found.push({
      status: 'degraded',
      reason: `Monitor ${name} found drift${what} from ${scan.windowStart.toISOString()} to ${scan.windowEnd.toISOString()}.`,
    });
  }
  const due = state === 'active' ? dueAt(settings, scan?.windowEnd ?? createdAt) : undefined;
  if (due && now.getTime() > due.getTime() + HEALTH_LIMITS.scanGraceHours * HOUR_MS)
    found.push({ status: 'degraded', reason: `A scan of monitor ${name} has been due since ${due.toISOString()}.` });
  return found;
}

/** When the next window may be scanned. Only the wall clock makes a scan overdue: by event time nothing is due while nothing happens. */
function dueAt({ clock, schedule, window, latenessHours }: Readonly<Record<string, unknown>>, after: Date): Date | undefined {
  const hours = typeof window === 'object' && window !== null && 'hours' in window ? window.hours : undefined;
  if (clock !== 'wall' || typeof schedule !== 'string' || typeof hours !== 'number') return undefined;
  return new Date(after.getTime() + (hours + (typeof latenessHours === 'number' ? latenessHours : 0)) * HOUR_MS);
}

function quiet(liveVersion: number, { versions, minutes }: HealthFacts): string {
  const calls = versions.reduce((sum, version) => sum + version.calls, 0);
  const span = minutes === 1 ? 'minute' : `${minutes} minutes`;
  if (calls === 0) return `Version ${liveVersion} is live and was not called in the last ${span}.`;
  return `Version ${liveVersion} is live; of ${calls} ${calls === 1 ? 'call' : 'calls'} in the last ${span} nothing is out of bounds.`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
