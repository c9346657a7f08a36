import { describe, expect, it } from 'vitest';
import { modelHealth } from './model-health.ts';
import type { VersionCalls, WatchedModel, WatchedMonitor, WatchedRollout, WatchedScan } from './ports.ts';

const now = new Date('2026-03-02T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

const MODEL: WatchedModel = {
  id: 'm',
  name: 'flights',
  liveVersion: 2,
  aliases: { champion: 2 },
  arms: [
    { version: 2, versionId: 'v2', share: 0.9 },
    { version: 3, versionId: 'v3', share: 0.1 },
  ],
  rollout: null,
  monitors: [],
  retraining: null,
};

const calls = (version: number, count: number, errors = 0): VersionCalls => ({
  modelId: 'm',
  versionId: `v${version}`,
  version,
  calls: count,
  errors,
  rows: (count - errors) * 10,
  answeredMs: 1,
  answeredWithin: [],
  lastCallAt: hoursAgo(0.1),
});

const scan = (more: Partial<WatchedScan> = {}): WatchedScan => ({
  id: 's',
  monitor: 'daily',
  version: 2,
  status: 'succeeded',
  verdict: 'no_drift',
  windowStart: new Date('2001-04-01T00:00:00Z'),
  windowEnd: new Date('2001-05-01T00:00:00Z'),
  startedAt: hoursAgo(2),
  endedAt: hoursAgo(1),
  effects: [],
  ...more,
});
const monitor = (more: Partial<WatchedMonitor> = {}): WatchedMonitor => ({
  name: 'daily',
  state: 'active',
  settings: { clock: 'watermark', schedule: 'rate(1 day)', window: { hours: 24 }, latenessHours: 0 },
  createdAt: hoursAgo(100),
  scan: null,
  ...more,
});
const rollout = (more: Partial<WatchedRollout>): WatchedRollout => ({
  id: 'r',
  version: 3,
  share: 0,
  status: 'rolled_back',
  reason: null,
  endedAt: hoursAgo(1),
  ...more,
});

interface Case {
  readonly name: string;
  readonly model?: Partial<WatchedModel>;
  readonly calls?: readonly VersionCalls[];
  readonly took?: Readonly<Record<string, readonly number[]>>;
  readonly status: string;
  readonly reasons: readonly string[];
}

const wall = { clock: 'wall', schedule: 'rate(1 day)', window: { hours: 24 }, latenessHours: 6 };
const CASES: readonly Case[] = [
  { name: 'nobody calls', status: 'healthy', reasons: ['Version 2 is live and was not called in the last 60 minutes.'] },
  {
    name: 'all is well',
    calls: [calls(2, 400, 3)],
    took: { v2: Array(397).fill(20) },
    status: 'healthy',
    reasons: ['Version 2 is live; of 400 calls in the last 60 minutes nothing is out of bounds.'],
  },
  {
    name: 'nothing is live',
    model: { liveVersion: null, arms: [] },
    status: 'not_live',
    reasons: ['No version of the model is live.'],
  },
  {
    name: 'the first version is on its way',
    model: { liveVersion: null, rollout: rollout({ version: 1, share: 0.1, status: 'running', endedAt: null }) },
    status: 'not_live',
    reasons: ['No version of the model is live.', 'Version 1 is being rolled out and serves 10 % of the units so far.'],
  },
  {
    name: 'the live version fails often',
    calls: [calls(2, 100, 5)],
    status: 'unhealthy',
    reasons: ['Version 2 failed 5 of 100 calls (5 %; 1 % is too much).'],
  },
  {
    name: 'the live version fails now and then',
    calls: [calls(2, 200, 3)],
    status: 'degraded',
    reasons: ['Version 2 failed 3 of 200 calls (1.5 %; 1 % is too much).'],
  },
  { name: 'too few calls to say', calls: [calls(2, 19, 19)], status: 'healthy', reasons: [expect.stringContaining('19 calls')] },
  {
    name: 'the canary fails, which its rollout ends',
    calls: [calls(2, 100), calls(3, 20, 20)],
    status: 'degraded',
    reasons: ['Version 3 failed 20 of 20 calls (100 %; 1 % is too much).'],
  },
  {
    name: 'one call in twenty is slow',
    calls: [calls(2, 100)],
    took: { v2: [...Array(90).fill(10), ...Array(10).fill(800.4)] },
    status: 'degraded',
    reasons: ['Version 2 took 800 ms or more for one call in twenty (500 ms is too much).'],
  },
  {
    name: 'one call in twenty is very slow',
    calls: [calls(2, 100)],
    took: { v2: Array(100).fill(2000) },
    status: 'unhealthy',
    reasons: [expect.stringContaining('2000 ms')],
  },
  {
    name: 'a rollout went back',
    model: { rollout: rollout({ reason: { code: 'errors', sentence: 'It failed 5 % of its calls.' } }) },
    status: 'degraded',
    reasons: ['Version 3 was rolled back at 2026-03-02T11:00:00.000Z: It failed 5 % of its calls.'],
  },
  {
    name: 'a rollout broke',
    model: { rollout: rollout({ status: 'failed', reason: { code: 'defect' } }) },
    status: 'degraded',
    reasons: ['The rollout of version 3 failed at 2026-03-02T11:00:00.000Z: defect.'],
  },
  {
    name: 'a rollout went back long ago',
    model: { rollout: rollout({ endedAt: hoursAgo(25) }) },
    status: 'healthy',
    reasons: [expect.any(String)],
  },
  {
    name: 'a person ended the rollout',
    model: { rollout: rollout({ status: 'aborted' }) },
    status: 'healthy',
    reasons: [expect.any(String)],
  },
  {
    name: 'the world moved',
    model: {
      monitors: [
        monitor({
          scan: scan({
            verdict: 'drift',
            effects: [
              { column: 'distance', verdict: 'drift', value: 0.4, threshold: 0.1 },
              { column: 'origin', verdict: 'no_drift', value: 0.01, threshold: 0.1 },
            ],
          }),
        }),
      ],
    },
    status: 'degraded',
    reasons: ['Monitor daily found drift in distance from 2001-04-01T00:00:00.000Z to 2001-05-01T00:00:00.000Z.'],
  },
  { name: 'the world stood still', model: { monitors: [monitor({ scan: scan() })] }, status: 'healthy', reasons: [expect.any(String)] },
  {
    name: 'the scan failed',
    model: { monitors: [monitor({ scan: scan({ status: 'failed', verdict: null }) })] },
    status: 'degraded',
    reasons: ['The last scan of monitor daily failed, so its drift is not known.'],
  },
  {
    name: 'by the clock on the wall a scan is long due',
    model: { monitors: [monitor({ settings: wall, scan: scan({ windowEnd: hoursAgo(55) }) })] },
    status: 'degraded',
    reasons: ['A scan of monitor daily has been due since 2026-03-01T11:00:00.000Z.'],
  },
  {
    name: 'a monitor never scanned',
    model: { monitors: [monitor({ settings: wall })] },
    status: 'degraded',
    reasons: [expect.stringContaining('has been due since')],
  },
  {
    name: 'a paused monitor is due nothing',
    model: { monitors: [monitor({ settings: wall, state: 'paused' })] },
    status: 'healthy',
    reasons: [expect.any(String)],
  },
  {
    name: 'two things are wrong',
    model: { monitors: [monitor({ scan: scan({ verdict: 'drift' }) })] },
    calls: [calls(2, 100, 50)],
    status: 'unhealthy',
    reasons: [expect.stringContaining('50 of 100'), expect.stringContaining('found drift from')],
  },
];

describe('health', () => {
  it.each(CASES)('$name → $status', ({ model = {}, calls: given = [], took = {}, status, reasons }) =>
    expect(modelHealth({ ...MODEL, ...model }, { calls: given, durations: new Map(Object.entries(took)), minutes: 60 }, now)).toMatchObject(
      {
        status,
        reasons,
      },
    ),
  );

  it('tells of every version that serves or was called, also one that has gone', () => {
    const traffic = { calls: [calls(1, 60), calls(3, 6)], durations: new Map([['v3', [5, 15]]]), minutes: 30 };
    expect(modelHealth(MODEL, traffic, now).versions).toEqual([
      expect.objectContaining({ version: 1, share: 0, calls: 60, rows: 600, rowsPerMinute: 20, errorRate: 0, latencyMs: null }),
      { version: 2, share: 0.9, calls: 0, rows: 0, errors: 0, errorRate: null, latencyMs: null, rowsPerMinute: 0, lastCallAt: null },
      expect.objectContaining({ version: 3, share: 0.1, latencyMs: { p50: 5, p95: 15, p99: 15, calls: 2 } }),
    ]);
  });
});
