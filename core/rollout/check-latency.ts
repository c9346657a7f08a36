import { binomialTail, quantile, ranksHigher } from './chance.ts';
import { ALPHA, awaitsBaseline, type Evidence, FEWEST_CALLS, type JudgedCall, okCalls, say, sayP } from './evidence.ts';
import type { Check } from './ports.ts';

/**
 * Times of calls that were answered: the 95th percentile beyond its limit in milliseconds, beyond the baseline's by a factor, and
 * higher ranks. An arm sees only its share of each call, so calls of the two arms differ in size; whoever is slower has to be
 * slower by the call and by the row, and then neither small calls nor large ones make an equal model look slow.
 * Without a baseline: more than a twentieth of the calls beyond the limit, which bounds the percentile for any distribution.
 */
export function checkLatency(evidence: Evidence): Check {
  const { calls, baselineCalls, limits } = evidence;
  const answered = okCalls(calls);
  const reference = okCalls(baselineCalls);
  const canary = durations(answered);
  const p95 = quantile(canary, 0.95);
  const n = { canary: canary.length, reference: reference.length === 0 ? null : reference.length };
  const threshold = { latencyP95Ms: limits.latencyP95Ms };
  const awaits = awaitsBaseline(reference.length, FEWEST_CALLS, evidence);
  if (canary.length < FEWEST_CALLS || awaits) {
    const sentence = awaits
      ? `${reference.length} answered calls of the old version are too few to compare with; ${FEWEST_CALLS} are needed.`
      : `${canary.length} answered calls are too few to tell how long they take; ${FEWEST_CALLS} are needed.`;
    return { check: 'latency', verdict: 'passed', method: 'none yet', n, observed: {}, threshold, statistic: null, p: null, sentence };
  }
  if (reference.length < FEWEST_CALLS) {
    const beyond = canary.filter((duration) => duration > limits.latencyP95Ms).length;
    const p = binomialTail(beyond, canary.length, 0.05);
    const harms = p95 > limits.latencyP95Ms && p < ALPHA;
    const seen = `95 of 100 calls took up to ${say(p95)} ms, the limit is ${say(limits.latencyP95Ms)} ms; ${beyond} of ${canary.length} were beyond it (${sayP(p)})`;
    return {
      check: 'latency',
      verdict: harms ? 'roll_back' : 'passed',
      method: 'exact binomial tail of the calls beyond the limit',
      n,
      observed: { p95Ms: p95 },
      threshold,
      statistic: beyond,
      p,
      sentence: `${harms ? 'The new version is too slow' : 'No sign of slowness'}: ${seen}.`,
    };
  }
  const baseline = durations(reference);
  const baselineP95 = quantile(baseline, 0.95);
  const byCall = { ratio: p95 / baselineP95, ...ranksHigher(canary, baseline) };
  const [perRow, baselinePerRow] = [durationsPerRow(answered), durationsPerRow(reference)];
  const byRow = { ratio: quantile(perRow, 0.95) / quantile(baselinePerRow, 0.95), ...ranksHigher(perRow, baselinePerRow) };
  const ratio = Math.min(byCall.ratio, byRow.ratio);
  const p = Math.max(byCall.p, byRow.p);
  const harms = p < ALPHA && ratio >= limits.latencyRatio && p95 > limits.latencyP95Ms;
  const seen =
    `95 of 100 calls took up to ${say(p95)} ms against ${say(baselineP95)} ms, ${say(byCall.ratio)} times by the call and ${say(byRow.ratio)} times by the row ` +
    `(${sayP(p)}; limits ${say(limits.latencyRatio)} times and ${say(limits.latencyP95Ms)} ms)`;
  return {
    check: 'latency',
    verdict: harms ? 'roll_back' : 'passed',
    method: "Mann–Whitney's rank test, one-sided, by call and by row, and both limits",
    n,
    observed: { p95Ms: p95, baselineP95Ms: baselineP95, ratioByCall: byCall.ratio, ratioByRow: byRow.ratio },
    threshold: { ...threshold, latencyRatio: limits.latencyRatio },
    statistic: byCall.z,
    p,
    sentence: `${harms ? 'The new version is slower than the old one' : 'No sign of slowness'}: ${seen}.`,
  };
}

function durations(calls: readonly JudgedCall[]): Float64Array {
  return Float64Array.from(calls, ({ durationMs }) => durationMs);
}

function durationsPerRow(calls: readonly JudgedCall[]): Float64Array {
  return Float64Array.from(calls, ({ durationMs, rows }) => durationMs / Math.max(1, rows));
}
