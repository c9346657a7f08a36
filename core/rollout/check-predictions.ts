import { twoSample } from '#core/drift/index.ts';
import { ALPHA, awaitsBaseline, type Evidence, type JudgedCall, say, sayP } from './evidence.ts';
import type { Check } from './ports.ts';

/** Fewer scores have no distribution. */
const FEWEST_SCORES = 30;

/**
 * What the new version answers, against what the old one does at the same time and against what it answered itself in training. With
 * both at hand only what differs from both is harm: a retrained model may answer otherwise than the old one, and in a world that moved
 * both may answer otherwise than in training.
 */
export function checkPredictions(evidence: Evidence): Check {
  const { calls, baselineCalls, referenceScores, limits } = evidence;
  const canary = scoresOf(calls);
  const baseline = scoresOf(baselineCalls);
  const references = [
    { of: 'the old version', observed: 'fromOldVersion', scores: baseline },
    { of: 'its training profile', observed: 'fromTraining', scores: referenceScores },
  ].filter(({ scores }) => scores.length >= FEWEST_SCORES);
  const awaits = awaitsBaseline(baseline.length, FEWEST_SCORES, evidence);
  const [first] = references;
  const n = { canary: canary.length, reference: first?.scores.length ?? null };
  const threshold = { wassersteinPerSigma: limits.predictionDrift };
  if (canary.length < FEWEST_SCORES || !first || awaits) {
    const [few, of] = awaits ? [baseline.length, ' of the old version'] : [canary.length, ''];
    const sentence = first
      ? `${few} scores${of} are too few to compare; ${FEWEST_SCORES} are needed.`
      : 'There is nothing to compare the scores with: no old version that answers, and a training profile without predictions.';
    const none = { statistic: null, p: null, observed: {} };
    return { check: 'prediction_drift', verdict: 'passed', method: 'none', n, threshold, ...none, sentence };
  }
  const compared = references.map(({ of, observed, scores }) => {
    const { ks, wassersteinPerSigma: effect } = twoSample(scores, canary);
    return { of, observed, ks, effect, differs: ks.p < ALPHA && effect >= limits.predictionDrift };
  });
  const harms = compared.every(({ differs }) => differs);
  const like = compared.find(({ differs }) => !differs)?.of;
  const verdict = harms
    ? 'The new version answers otherwise'
    : compared.some(({ differs }) => differs)
      ? `The new version answers like ${like}`
      : 'The answers stay where they were';
  const seen = compared.map(({ of, ks, effect }) => `${say(effect)} σ from those of ${of} (KS ${say(ks.statistic)}, ${sayP(ks.p)})`);
  // The comparison with the weakest evidence of harm is the one that decides.
  const { ks } = compared.reduce((weakest, one) => (one.ks.p > weakest.ks.p ? one : weakest));
  return {
    check: 'prediction_drift',
    verdict: harms ? 'roll_back' : 'passed',
    method: `Kolmogorov–Smirnov and Wasserstein distance per σ${compared.length > 1 ? ', from both references' : ''}`,
    n,
    observed: {
      wassersteinPerSigma: Math.min(...compared.map(({ effect }) => effect)),
      ...Object.fromEntries(compared.map(({ observed, effect }) => [observed, effect])),
    },
    threshold,
    statistic: ks.statistic,
    p: ks.p,
    sentence: `${verdict}: its scores lie ${seen.join(' and ')}; the limit is ${say(limits.predictionDrift)} σ.`,
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
