import type { Family, Sample } from './exposition.ts';
import { LATENCY_BOUNDS_MS } from './latency.ts';
import type { DecisionCounts, VersionCalls, WatchedModel } from './ports.ts';

export interface TenantFacts {
  readonly tenant: string;
  readonly models: readonly WatchedModel[];
  readonly decisions: DecisionCounts;
  /** Since the start of the UTC day. */
  readonly calls: readonly VersionCalls[];
  readonly now: Date;
}

const ROLLOUT_ENDS = ['succeeded', 'rolled_back', 'aborted', 'failed'];
const VERDICTS = ['drift', 'no_drift', 'insufficient'];
const RESTARTS = 'Restarts from zero at 00:00 UTC, as a restarted process would.';

/** Since when the counters of calls count. */
export function startOfCounting(now: Date): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
}
const DAY_MS = 24 * 3600 * 1000;

/**
 * A tenant's metrics. Counters of calls are counted from the logged calls since midnight UTC: calls are only ever added within a
 * day and the log keeps them for longer, so the numbers grow until the restart, which Prometheus recognises. Counters of decisions
 * are counted from rows that stay.
 */
export function tenantMetrics({ tenant, models, decisions, calls, now }: TenantFacts): readonly Family[] {
  return [
    ...callFamilies(tenant, models, calls),
    ...servingFamilies(tenant, models),
    ...driftFamilies(tenant, models),
    ...decisionFamilies(tenant, decisions, now),
  ];
}

function callFamilies(tenant: string, models: readonly WatchedModel[], calls: readonly VersionCalls[]): readonly Family[] {
  const names = new Map(models.map(({ id, name }) => [id, name]));
  const told = calls.flatMap((call) => {
    const model = names.get(call.modelId);
    return model === undefined ? [] : [{ ...call, labels: { tenant, model, version: String(call.version) } }];
  });
  const each = (value: (call: VersionCalls) => number) => told.map((call) => ({ labels: call.labels, value: value(call) }));
  return [
    {
      name: 'sluice_prediction_calls_total',
      type: 'counter',
      help: `Calls that a version took, answered or not. ${RESTARTS}`,
      samples: each((call) => call.calls),
    },
    {
      name: 'sluice_prediction_rows_total',
      type: 'counter',
      help: `Rows that a version predicted. ${RESTARTS}`,
      samples: each((call) => call.rows),
    },
    {
      name: 'sluice_prediction_errors_total',
      type: 'counter',
      help: `Calls that a version failed. ${RESTARTS}`,
      samples: each((call) => call.errors),
    },
    {
      name: 'sluice_prediction_latency_seconds',
      type: 'histogram',
      help: `How long the calls took that a version answered. ${RESTARTS}`,
      samples: told.flatMap(histogram),
    },
  ];
}

function histogram({ labels, calls, errors, answeredMs, answeredWithin }: VersionCalls & { readonly labels: Sample['labels'] }): Sample[] {
  const count = calls - errors;
  return [
    ...LATENCY_BOUNDS_MS.map(
      (bound, i): Sample => ({ suffix: '_bucket', labels: { ...labels, le: String(bound / 1000) }, value: answeredWithin[i] ?? 0 }),
    ),
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: answeredMs / 1000 },
    { suffix: '_count', labels, value: count },
  ];
}

function servingFamilies(tenant: string, models: readonly WatchedModel[]): readonly Family[] {
  return [
    {
      name: 'sluice_version_share',
      type: 'gauge',
      help: 'Share of the units that a version is meant to serve now.',
      samples: models.flatMap(({ name, arms }) =>
        arms.map(({ version, share }) => ({ labels: { tenant, model: name, version: String(version) }, value: share })),
      ),
    },
    {
      name: 'sluice_rollout_active',
      type: 'gauge',
      help: '1 while a rollout of the version is queued, running or paused.',
      samples: models.flatMap(({ name, rollout }) =>
        rollout && !ROLLOUT_ENDS.includes(rollout.status)
          ? [{ labels: { tenant, model: name, version: String(rollout.version), status: rollout.status }, value: 1 }]
          : [],
      ),
    },
  ];
}

function driftFamilies(tenant: string, models: readonly WatchedModel[]): readonly Family[] {
  const scans = models.flatMap(({ name, monitors }) =>
    monitors.flatMap(({ scan }) =>
      scan?.status === 'succeeded'
        ? [{ ...scan, labels: { tenant, model: name, version: String(scan.version ?? ''), monitor: scan.monitor } }]
        : [],
    ),
  );
  const effects = (of: 'value' | 'threshold') =>
    scans.flatMap(({ labels, effects }) =>
      effects.flatMap(({ column, [of]: value }) => (value === null ? [] : [{ labels: { ...labels, column }, value }])),
    );
  return [
    {
      name: 'sluice_drift_effect',
      type: 'gauge',
      help: "Size of the effect by column in the monitor's latest window; the column is prediction or target for what is no feature.",
      samples: effects('value'),
    },
    {
      name: 'sluice_drift_effect_threshold',
      type: 'gauge',
      help: 'From which size on an effect counts as drift.',
      samples: effects('threshold'),
    },
    {
      name: 'sluice_drift_verdict',
      type: 'gauge',
      help: "1 for what the scan of the monitor's latest window found, 0 for what it did not.",
      samples: scans.flatMap(({ labels, verdict }) =>
        VERDICTS.map((one) => ({ labels: { ...labels, verdict: one }, value: one === verdict ? 1 : 0 })),
      ),
    },
    {
      name: 'sluice_drift_scan_timestamp_seconds',
      type: 'gauge',
      help: "When the scan of the monitor's latest window ended.",
      samples: scans.flatMap(({ labels, endedAt }) => (endedAt ? [{ labels, value: endedAt.getTime() / 1000 }] : [])),
    },
  ];
}

function decisionFamilies(
  tenant: string,
  { retrainings, rollouts, scans, approvalsWaiting }: DecisionCounts,
  now: Date,
): readonly Family[] {
  const { count, oldestSince } = approvalsWaiting;
  return [
    {
      name: 'sluice_rollouts_total',
      type: 'counter',
      help: 'Rollouts that ended, by how.',
      samples: rollouts
        .filter(({ status }) => ROLLOUT_ENDS.includes(status))
        .map(({ model, status, count }) => ({ labels: { tenant, model, status }, value: count })),
    },
    {
      name: 'sluice_drift_scans_total',
      type: 'counter',
      help: 'Windows that were scanned, by what was found.',
      samples: scans.map(({ model, monitor, verdict, count }) => ({ labels: { tenant, model, monitor, verdict }, value: count })),
    },
    {
      name: 'sluice_retraining_decisions_total',
      type: 'counter',
      help: 'Decisions about retraining, those against it too.',
      samples: retrainings.map(({ model, decision, reason, count }) => ({ labels: { tenant, model, decision, reason }, value: count })),
    },
    {
      name: 'sluice_approvals_waiting',
      type: 'gauge',
      help: 'Approvals that nobody has decided yet.',
      samples: [{ labels: { tenant }, value: count }],
    },
    {
      name: 'sluice_approval_oldest_wait_seconds',
      type: 'gauge',
      help: 'How long the oldest undecided approval has waited; 0 when none waits.',
      samples: [{ labels: { tenant }, value: oldestSince ? Math.max(0, (now.getTime() - oldestSince.getTime()) / 1000) : 0 }],
    },
  ];
}
