import { binomialTail, fisherTail } from './chance.ts';
import { ALPHA, awaitsBaseline, type Evidence, FEWEST_CALLS, type JudgedCall, sayP, sayPercent } from './evidence.ts';
import type { Check } from './ports.ts';

/**
 * Failed calls: more than the baseline's by Fisher's exact test, and by the limit; without a baseline more than the limit itself
 * allows, by the exact binomial tail (normal and Wilson bounds call a single failed call proof).
 */
export function checkErrors(evidence: Evidence): Check {
  const { calls, baselineCalls, limits } = evidence;
  const canary = failures(calls);
  if (awaitsBaseline(baselineCalls.length, FEWEST_CALLS, evidence)) {
    return {
      check: 'errors',
      verdict: 'passed',
      method: 'none yet',
      n: { canary: canary.of, reference: baselineCalls.length },
      observed: { errorRate: canary.rate },
      threshold: { difference: limits.errorRate },
      statistic: null,
      p: null,
      sentence: `${baselineCalls.length} calls of the old version are too few to compare with; ${FEWEST_CALLS} are needed.`,
    };
  }
  if (baselineCalls.length < FEWEST_CALLS) {
    const p = binomialTail(canary.events, canary.of, limits.errorRate);
    const harms = canary.rate > limits.errorRate && p < ALPHA;
    const seen = `${canary.events} of ${canary.of} calls failed (${sayPercent(canary.rate)}), the limit is ${sayPercent(limits.errorRate)} (${sayP(p)})`;
    return {
      check: 'errors',
      verdict: harms ? 'roll_back' : 'passed',
      method: 'exact binomial tail against the limit',
      n: { canary: canary.of, reference: null },
      observed: { errorRate: canary.rate },
      threshold: { errorRate: limits.errorRate },
      statistic: canary.events,
      p,
      sentence: `${harms ? 'The new version fails too often' : 'No sign of too many failures'}: ${seen}.`,
    };
  }
  const baseline = failures(baselineCalls);
  const p = fisherTail(canary, baseline);
  const more = canary.rate - baseline.rate;
  const harms = more >= limits.errorRate && p < ALPHA;
  const seen = `${sayPercent(canary.rate)} of ${canary.of} calls against ${sayPercent(baseline.rate)} of ${baseline.of} (${sayP(p)}, limit ${sayPercent(limits.errorRate)} more)`;
  return {
    check: 'errors',
    verdict: harms ? 'roll_back' : 'passed',
    method: "Fisher's exact test, one-sided, and the difference of the rates",
    n: { canary: canary.of, reference: baseline.of },
    observed: { errorRate: canary.rate, baselineErrorRate: baseline.rate, difference: more },
    threshold: { difference: limits.errorRate },
    statistic: canary.events,
    p,
    sentence: `${harms ? 'The new version fails more often than the old one' : 'No sign of more failures'}: ${seen}.`,
  };
}

function failures(calls: readonly JudgedCall[]) {
  const events = calls.filter(({ outcome }) => outcome === 'error').length;
  return { events, of: calls.length, rate: calls.length === 0 ? 0 : events / calls.length };
}
