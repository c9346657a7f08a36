import { twoSample } from '#core/drift/index.ts';
import { ALPHA, type Evidence, type JudgedCall, say, sayP } from './evidence.ts';
import type { Check } from './ports.ts';

/** Fewer scores have no distribution. */
const FEWEST_SCORES = 30;

/** What the new version answers, against what the old one does; without an old one against what it answered in training. */
export function checkPredictions({ calls, baselineCalls, referenceScores, limits, minRows }: Evidence): Check {
  const canary = scoresOf(calls);
  const baseline = scoresOf(baselineCalls);
  const beside = baseline.length >= Math.max(minRows, FEWEST_SCORES);
  const reference = beside ? baseline : referenceScores;
  const against = beside ? 'the old version' : 'its training profile';
  const n = { canary: canary.length, reference: reference.length === 0 ? null : reference.length };
  const threshold = { wassersteinPerSigma: limits.predictionDrift };
  if (canary.length < FEWEST_SCORES || reference.length < FEWEST_SCORES) {
    const sentence =
      reference.length < FEWEST_SCORES
        ? 'There is nothing to compare the scores with: no old version that answers, and a training profile without predictions.'
        : `${canary.length} scores are too few to compare; ${FEWEST_SCORES} are needed.`;
    const none = { statistic: null, p: null, observed: {} };
    return { check: 'prediction_drift', verdict: 'passed', method: 'none', n, threshold, ...none, sentence };
  }
  const { ks, wassersteinPerSigma } = twoSample(reference, canary);
  const harms = ks.p < ALPHA && wassersteinPerSigma >= limits.predictionDrift;
  const seen = `${say(wassersteinPerSigma)} σ from those of ${against} (limit ${say(limits.predictionDrift)} σ; KS ${say(ks.statistic)}, ${sayP(ks.p)})`;
  return {
    check: 'prediction_drift',
    verdict: harms ? 'roll_back' : 'passed',
    method: 'Kolmogorov–Smirnov and Wasserstein distance per σ',
    n,
    observed: { wassersteinPerSigma },
    threshold,
    statistic: ks.statistic,
    p: ks.p,
    sentence: `${harms ? 'The new version answers otherwise' : 'The answers stay where they were'}: its scores lie ${seen}.`,
  };
}

function scoresOf(calls: readonly JudgedCall[]): Float64Array {
  const scores = new Float64Array(calls.reduce((sum, call) => sum + call.scores.length, 0));
  let at = 0;
  for (const call of calls) {
    scores.set(call.scores, at);
    at += call.scores.length;
  }
  return scores.filter(Number.isFinite);
}

const MOST_REFERENCE_SCORES = 2000;

/** A sample of the distribution whose evenly spaced quantiles a training profile keeps; empty when it keeps none. */
export function scoresOfProfile(profile: unknown): Float64Array {
  const { quantiles, count } = (profile as { prediction?: { quantiles?: unknown; count?: unknown } } | null)?.prediction ?? {};
  if (!Array.isArray(quantiles) || quantiles.length < 2 || !quantiles.every(Number.isFinite)) return new Float64Array();
  const size = Math.min(MOST_REFERENCE_SCORES, Math.max(0, Math.floor(Number(count) || 0)));
  return Float64Array.from({ length: size }, (_, index) => {
    const at = ((index + 0.5) / size) * (quantiles.length - 1);
    const below = Math.floor(at);
    const [low, high] = [quantiles[below] as number, (quantiles[below + 1] ?? quantiles[below]) as number];
    return low + (high - low) * (at - below);
  });
}
