import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoresOfProfile } from './check-predictions.ts';
import type { Evidence, JudgedCall } from './evidence.ts';
import { judgeCanary, secondsToNextLook } from './judge-canary.ts';
import { CANARY_DEFAULTS } from './rollout-plan.ts';

/** Mulberry32: the same seed, the same world. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  readonly calls: number;
  readonly rows?: number;
  /** Median of a lognormal; a row beyond the first takes a tenth of a millisecond more. */
  readonly medianMs?: number;
  readonly failing?: number;
  /** Added to every score. */
  readonly shift?: number;
}

/** What a version did, with the noise that honest ones have. */
function did({ calls, rows = 20, medianMs = 120, failing = 0.005, shift = 0 }: World, next: () => number): readonly JudgedCall[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Array.from({ length: calls }, (): JudgedCall => {
    const durationMs = (medianMs + rows / 10) * Math.exp(0.5 * normal());
    if (next() < failing) return { rows, durationMs, outcome: 'error', scores: new Float32Array() };
    return { rows, durationMs, outcome: 'ok', scores: Float32Array.from({ length: rows }, () => Math.min(1, next() ** 2 + shift)) };
  });
}

const AT = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number) => new Date(AT.getTime() + seconds * 1000);
const rising = Float64Array.from({ length: 2000 }, (_, index) => ((index + 0.5) / 2000) ** 2);
const shifted = (by: number) => rising.map((score) => Math.min(1, score + by));

function evidence(change: Partial<Evidence> & { readonly canary?: World; readonly baseline?: World; readonly seed?: number }): Evidence {
  const { canary = { calls: 100 }, baseline, seed = 1, ...rest } = change;
  const next = random(seed);
  const { limits, minRows, minCalls } = CANARY_DEFAULTS;
  return {
    calls: did(canary, next),
    baselineCalls: baseline ? did(baseline, next) : [],
    referenceScores: rising,
    limits,
    minRows,
    minCalls,
    since: AT,
    bakeSeconds: 60,
    patienceSeconds: 600,
    now: later(61),
    ...rest,
  };
}

describe('judgeCanary', () => {
  it.each([
    { name: 'as good beside an old one', given: { baseline: { calls: 100 } }, verdict: 'advance' },
    { name: 'as good without an old one', given: {}, verdict: 'advance' },
    { name: 'as good, but the bake is not over', given: { now: later(30) }, verdict: 'wait' },
    { name: 'nothing seen yet', given: { canary: { calls: 0 } }, verdict: 'wait' },
    { name: 'too few rows', given: { canary: { calls: 100, rows: 1 } }, verdict: 'wait' },
    {
      name: 'too little for too long',
      given: { canary: { calls: 5 }, now: later(661) },
      verdict: 'roll_back',
      code: 'insufficient_traffic',
    },
    {
      name: 'failing at 5 %',
      given: { canary: { calls: 2000, failing: 0.05 }, baseline: { calls: 2000 } },
      verdict: 'roll_back',
      code: 'errors',
    },
    { name: 'failing without an old one', given: { canary: { calls: 100, failing: 0.2 } }, verdict: 'roll_back', code: 'errors' },
    {
      name: 'failing always, seen at once',
      given: { canary: { calls: 4, failing: 1 }, now: later(2) },
      verdict: 'roll_back',
      code: 'errors',
    },
    { name: 'one failure of one call', given: { canary: { calls: 1, failing: 1 }, now: later(2) }, verdict: 'wait' },
    {
      name: 'three times as slow',
      given: { canary: { calls: 100, medianMs: 360 }, baseline: { calls: 100 } },
      verdict: 'roll_back',
      code: 'latency',
    },
    { name: 'three times as slow, alone', given: { canary: { calls: 100, medianMs: 360 } }, verdict: 'roll_back', code: 'latency' },
    {
      name: 'three times as slow, but quick enough',
      given: { canary: { calls: 100, medianMs: 30 }, baseline: { calls: 100, medianMs: 8 } },
      verdict: 'advance',
    },
    {
      name: 'larger calls of an equal model',
      given: { canary: { calls: 200, rows: 1000 }, baseline: { calls: 200, rows: 20 } },
      verdict: 'advance',
    },
    {
      name: 'other answers than the old one',
      given: { canary: { calls: 100, shift: 0.4 }, baseline: { calls: 100 } },
      verdict: 'roll_back',
      code: 'prediction_drift',
    },
    {
      name: 'other answers than in training',
      given: { canary: { calls: 100, shift: 0.4 } },
      verdict: 'roll_back',
      code: 'prediction_drift',
    },
    {
      name: 'other answers than the old one, as it learned to',
      given: { canary: { calls: 100, shift: 0.4 }, baseline: { calls: 100 }, referenceScores: shifted(0.4) },
      verdict: 'advance',
    },
    {
      name: 'other answers than in training, as the old one gives by now',
      given: { canary: { calls: 100, shift: 0.4 }, baseline: { calls: 100, shift: 0.4 } },
      verdict: 'advance',
    },
    {
      name: 'other answers than the old one, without a profile',
      given: { canary: { calls: 100, shift: 0.4 }, baseline: { calls: 100 }, referenceScores: new Float64Array() },
      verdict: 'roll_back',
      code: 'prediction_drift',
    },
    {
      name: 'other answers than in training, beside an old one of too few rows to the end',
      given: { canary: { calls: 100, shift: 0.4 }, baseline: { calls: 1, shift: 0.4 } },
      verdict: 'roll_back',
      code: 'prediction_drift',
    },
    {
      name: 'slow, failing and answering otherwise beside an old one that is hardly seen yet',
      given: { canary: { calls: 100, shift: 0.4, failing: 0.1, medianMs: 500 }, baseline: { calls: 1 }, now: later(30) },
      verdict: 'wait',
    },
    {
      name: 'a difference too small to matter',
      given: { canary: { calls: 1000, shift: 0.02 }, baseline: { calls: 1000 } },
      verdict: 'advance',
    },
    { name: 'nothing to compare answers with', given: { referenceScores: new Float64Array() }, verdict: 'advance' },
  ] as readonly { name: string; given: Parameters<typeof evidence>[0]; verdict: string; code?: string }[])(
    '$name → $verdict',
    ({ given, verdict, code }) => {
      const judged = judgeCanary(evidence(given));
      expect({ verdict: judged.verdict, code: judged.reason?.code }).toEqual({ verdict, code });
      expect(judged.checks.map(({ check }) => check)).toEqual(['errors', 'latency', 'prediction_drift', 'traffic']);
      for (const { sentence, method, observed } of judged.checks) {
        expect(sentence).toMatch(/^[A-Z0-9].*\.$/);
        expect(method).not.toBe('');
        for (const number of Object.values(observed)) expect(Number.isFinite(number)).toBe(true);
      }
    },
  );

  it('says how far the answers lie from those of the old version and from those of training', () => {
    const { checks } = judgeCanary(
      evidence({ canary: { calls: 100, shift: 0.4 }, baseline: { calls: 100 }, referenceScores: shifted(0.4) }),
    );
    const check = checks.find((one) => one.check === 'prediction_drift');
    expect(check?.sentence).toMatch(
      /^The new version answers like its training profile: its scores lie 1\.\d+ σ from those of the old version \(KS 0\.\d+, p < 0\.0001\) and 0\.0\d+ σ from those of its training profile \(KS 0\.\d+, p = 0\.\d+\); the limit is 0\.5 σ\.$/,
    );
    const { fromOldVersion = 0, fromTraining = 0, wassersteinPerSigma } = check?.observed ?? {};
    expect(fromOldVersion).toBeGreaterThan(0.5);
    expect(fromTraining).toBeLessThan(0.1);
    expect(wassersteinPerSigma).toBe(fromTraining);
  });

  it('never rolls an identical model back, in 200 whole rollouts with honest noise, each looked at thirty times', () => {
    const next = random(20_010_101);
    const { limits } = CANARY_DEFAULTS;
    const codes: string[] = [];
    for (let seed = 0; seed < 200; seed += 1) {
      const noise = random(seed);
      // Without an old version the limits are for the model itself, so they have to allow what it does.
      const isFirst = seed % 4 === 0;
      const like = { medianMs: 20 + next() * 400, failing: next() * 0.01 };
      const calls = 40 + Math.floor(next() * 360);
      const rows = 1 + Math.floor(next() * 40);
      const baselineBefore: JudgedCall[] = [];
      for (const share of [0.1, 0.5, 1]) {
        const canary = did({ ...like, calls: Math.ceil(calls * Math.max(share, 0.2)), rows: Math.ceil(rows * share) }, noise);
        const beside = share < 1 && !isFirst ? did({ ...like, calls, rows: Math.ceil(rows * (1 - share)) }, noise) : [];
        for (let look = 1; look <= 10; look += 1) {
          const seen = (all: readonly JudgedCall[]) => all.slice(0, Math.ceil((all.length * look) / 10));
          const { reason } = judgeCanary({
            ...evidence({
              canary: { calls: 0 },
              limits: isFirst ? { ...limits, latencyP95Ms: 2000 } : limits,
              bakeSeconds: 900,
              patienceSeconds: 1e9,
            }),
            calls: seen(canary),
            baselineCalls: share < 1 ? seen(beside) : baselineBefore,
            now: later(look * 90),
          });
          if (reason) codes.push(`${seed}, share ${share}, look ${look}: ${reason.sentence}`);
        }
        baselineBefore.push(...beside);
      }
    }
    expect(codes).toEqual([]);
  }, 60_000);

  it.each([
    { name: 'three times slower', worse: { medianMs: 540 }, code: 'latency' },
    { name: 'failing at 5 %', worse: { failing: 0.05 }, code: 'errors' },
  ])(
    'rolls a model that is $name back, in 50 of 50 worlds',
    ({ worse, code }) => {
      for (let seed = 0; seed < 50; seed += 1) {
        const given = evidence({
          seed,
          canary: { medianMs: 180, calls: 1500, ...worse },
          baseline: { medianMs: 180, calls: 1500, failing: 0.001 },
        });
        expect(judgeCanary(given).reason?.code, `seed ${seed}`).toBe(code);
      }
    },
    30_000,
  );
});

it('looks again before the bake is over, and in growing distances after it', () => {
  expect([0, 45, 59.5].map((elapsed) => secondsToNextLook(60, elapsed))).toEqual([30, 15, 1]);
  expect(secondsToNextLook(3, 0)).toBe(3);
  expect(secondsToNextLook(900, 0)).toBe(90);
  expect([60, 64, 100, 900].map((elapsed) => secondsToNextLook(60, elapsed))).toEqual([2, 2, 20, 60]);
  fc.assert(
    fc.property(fc.nat(100_000), fc.double({ min: 0, max: 200_000, noNaN: true }), (bake, elapsed) => {
      const seconds = secondsToNextLook(bake, elapsed);
      expect(Number.isInteger(seconds) && seconds >= 1).toBe(true);
    }),
  );
});

describe('scoresOfProfile', () => {
  it('draws the sample whose quantiles the profile keeps', () => {
    const scores = scoresOfProfile({ prediction: { count: 4, quantiles: [0, 0.5, 1] } });
    expect([...scores]).toEqual([0.125, 0.375, 0.625, 0.875]);
    expect(scoresOfProfile({ prediction: { count: 1e6, quantiles: [0, 1] } })).toHaveLength(2000);
  });

  it.each([null, {}, { prediction: {} }, { prediction: { count: 5, quantiles: [0, 'x'] } }])('finds nothing in %j', (profile) =>
    expect(scoresOfProfile(profile)).toHaveLength(0),
  );
});
