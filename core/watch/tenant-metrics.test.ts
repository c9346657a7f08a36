import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../test/support/parse-exposition.ts';
import { exposition } from './exposition.ts';
import { LATENCY_BOUNDS_MS } from './latency.ts';
import type { WatchedModel, WatchedScan } from './ports.ts';
import { startOfCounting, type TenantFacts, tenantMetrics } from './tenant-metrics.ts';

const now = new Date('2026-03-02T12:00:00Z');
const scan: WatchedScan = {
  id: 's',
  monitor: 'daily',
  version: 1,
  status: 'succeeded',
  verdict: 'drift',
  windowStart: now,
  windowEnd: now,
  startedAt: now,
  endedAt: now,
  effects: [
    { column: 'distance "miles"\\n', verdict: 'drift', value: 0.42, threshold: 0.1 },
    { column: 'performance', verdict: 'no_drift', value: null, threshold: null },
  ],
};
const model: WatchedModel = {
  id: 'm',
  name: 'flights',
  liveVersion: 1,
  aliases: {},
  arms: [
    { version: 1, versionId: 'v1', share: 0.9 },
    { version: 2, versionId: 'v2', share: 0.1 },
  ],
  rollout: { id: 'r', version: 2, share: 0.1, status: 'running', reason: null, endedAt: null },
  monitors: [
    { name: 'daily', state: 'active', settings: {}, createdAt: now, scan },
    { name: 'new', state: 'active', settings: {}, createdAt: now, scan: null },
    {
      name: 'broken',
      state: 'active',
      settings: {},
      createdAt: now,
      scan: { ...scan, monitor: 'broken', status: 'failed', verdict: null },
    },
  ],
  retraining: null,
};
const facts: TenantFacts = {
  tenant: 'growing',
  models: [model],
  decisions: {
    retrainings: [{ model: 'flights', decision: 'refuse', reason: 'cooldown', count: 3 }],
    rollouts: [
      { model: 'flights', status: 'rolled_back', count: 1 },
      { model: 'flights', status: 'running', count: 1 },
    ],
    scans: [{ model: 'flights', monitor: 'daily', verdict: 'drift', count: 2 }],
    approvalsWaiting: { count: 1, oldestSince: new Date('2026-03-02T11:00:00Z') },
  },
  calls: [
    {
      modelId: 'm',
      versionId: 'v1',
      version: 1,
      calls: 10,
      errors: 1,
      rows: 90,
      answeredMs: 450,
      answeredWithin: LATENCY_BOUNDS_MS.map((bound) => (bound < 50 ? 0 : 9)),
      lastCallAt: now,
    },
    { modelId: 'gone', versionId: 'x', version: 1, calls: 1, errors: 0, rows: 1, answeredMs: 1, answeredWithin: [], lastCallAt: now },
  ],
  now,
};

const told = (name: string) =>
  parseExposition(exposition(tenantMetrics(facts)))
    .get(name)
    ?.samples.map(({ labels, value }) => [labels, value]);
const of = (more: object = {}) => ({ tenant: 'growing', model: 'flights', ...more });

describe("a tenant's metrics", () => {
  it.each<[string, readonly (readonly [object, number])[]]>([
    ['sluice_prediction_calls_total', [[of({ version: '1' }), 10]]],
    ['sluice_prediction_rows_total', [[of({ version: '1' }), 90]]],
    ['sluice_prediction_errors_total', [[of({ version: '1' }), 1]]],
    [
      'sluice_version_share',
      [
        [of({ version: '1' }), 0.9],
        [of({ version: '2' }), 0.1],
      ],
    ],
    ['sluice_rollout_active', [[of({ version: '2', status: 'running' }), 1]]],
    ['sluice_rollouts_total', [[of({ status: 'rolled_back' }), 1]]],
    ['sluice_drift_effect', [[of({ version: '1', monitor: 'daily', column: 'distance "miles"\\n' }), 0.42]]],
    [
      'sluice_drift_verdict',
      [
        [of({ version: '1', monitor: 'daily', verdict: 'drift' }), 1],
        [of({ version: '1', monitor: 'daily', verdict: 'no_drift' }), 0],
        [of({ version: '1', monitor: 'daily', verdict: 'insufficient' }), 0],
      ],
    ],
    ['sluice_drift_scan_timestamp_seconds', [[of({ version: '1', monitor: 'daily' }), now.getTime() / 1000]]],
    ['sluice_drift_scans_total', [[of({ monitor: 'daily', verdict: 'drift' }), 2]]],
    ['sluice_retraining_decisions_total', [[of({ decision: 'refuse', reason: 'cooldown' }), 3]]],
    ['sluice_approvals_waiting', [[{ tenant: 'growing' }, 1]]],
    ['sluice_approval_oldest_wait_seconds', [[{ tenant: 'growing' }, 3600]]],
  ])('%s', (name, samples) => expect(told(name)).toEqual(samples));

  it('say how long calls took in seconds, the answered ones', () => {
    const samples = told('sluice_prediction_latency_seconds') ?? [];
    expect(samples).toContainEqual([of({ version: '1', le: '0.025' }), 0]);
    expect(samples).toContainEqual([of({ version: '1', le: '0.05' }), 9]);
    expect(samples).toContainEqual([of({ version: '1', le: '+Inf' }), 9]);
    expect(samples.slice(-2)).toEqual([
      [of({ version: '1' }), 0.45],
      [of({ version: '1' }), 9],
    ]);
  });

  it('count calls from midnight UTC on', () => {
    expect(startOfCounting(now)).toEqual(new Date('2026-03-02T00:00:00Z'));
    expect(startOfCounting(new Date('2026-03-02T00:00:00Z'))).toEqual(new Date('2026-03-02T00:00:00Z'));
  });

  it('of a tenant without anything are valid too', () => {
    const nothing = { retrainings: [], rollouts: [], scans: [], approvalsWaiting: { count: 0, oldestSince: null } };
    const text = exposition(tenantMetrics({ tenant: 't', models: [], decisions: nothing, calls: [], now }));
    expect([...parseExposition(text).keys()]).toEqual(['sluice_approvals_waiting', 'sluice_approval_oldest_wait_seconds']);
  });
});
