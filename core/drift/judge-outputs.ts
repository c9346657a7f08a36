import { conclude } from './conclude.ts';
import { examineNumeric } from './examine-numeric.ts';
import type { ColumnVerdict, PerformanceVerdict } from './judgement.ts';
import type { Measured } from './performance.ts';
import { normalTail } from './probability.ts';
import type { Profile } from './profile.ts';
import type { DriftSettings } from './settings.ts';
import { cohensH, twoProportions } from './shares.ts';
import { chance, share, told } from './wording.ts';

const NOTHING = { missing: { reference: 0, current: 0, p: null }, newCategories: [] } as const;
const ALONE = { values: null, missing: null };

/** The scores of the window against those that the reference has; it stands alone, so its q is its p. */
export function judgePrediction(reference: Profile, current: Profile, settings: DriftSettings): ColumnVerdict | null {
  const [before, after] = [reference.prediction, current.prediction];
  if (!after || after.count === 0) return null;
  const n = { reference: before?.count ?? 0, current: after.count };
  const head = { ...NOTHING, column: 'prediction', kind: 'prediction', n } as const;
  // Scores have a threshold of their own, which is a way, whatever the columns are judged by.
  const byWay = { ...settings, numericEffect: 'wasserstein_per_sigma' } as const;
  const few = Math.min(n.reference, n.current) < settings.minRows;
  if (!before || few) {
    const why = before
      ? `${told(Math.min(n.reference, n.current))} scores are fewer than ${settings.minRows}`
      : 'the reference has no scores';
    return conclude({ ...head, difference: { refused: 'insufficient', why }, bars: [] }, ALONE, settings);
  }
  return conclude({ ...head, ...examineNumeric(before, after, byWay, settings.thresholds.prediction) }, ALONE, settings);
}

/** The share of positive labels: two-proportion z-test, Cohen's h. */
export function judgeTarget(reference: Profile, current: Profile, settings: DriftSettings): ColumnVerdict | null {
  const [before, after] = [reference.target, current.target];
  if (!after || after.labelled === 0) return null;
  const n = { reference: before?.labelled ?? 0, current: after.labelled };
  const head = { ...NOTHING, column: 'target', kind: 'target', n } as const;
  if (!before || Math.min(n.reference, n.current) < settings.minRows) {
    const why = before
      ? `${told(Math.min(n.reference, n.current))} labels are fewer than ${settings.minRows}`
      : 'the reference has no labels';
    return conclude({ ...head, difference: { refused: 'insufficient', why }, bars: [] }, ALONE, settings);
  }
  const [was, is] = [before.positives / before.labelled, after.positives / after.labelled];
  const test = twoProportions(before.positives, before.labelled, after.positives, after.labelled);
  const h = cohensH(was, is);
  const difference = {
    test: 'two_proportions',
    ...test,
    effect: { name: 'cohens_h', value: h, threshold: settings.thresholds.target },
    others: { difference: is - was, reference_rate: was, current_rate: is },
    told: `its positive share went from ${share(was)} to ${share(is)}`,
    size: `a Cohen's h of ${told(h)}`,
  };
  return conclude({ ...head, difference, bars: [{ label: 'positive', reference: was, current: is }] }, ALONE, settings);
}

/**
 * Whether the model got worse: the AUC of the labelled rows against the lower bound of its evaluation. Its standard error, were the
 * model as good as the bound, is that of Hanley & McNeil (1982). Both must hold: p below alpha, and a drop of at least the threshold.
 */
export function judgePerformance(overall: Measured, bound: number | undefined, settings: DriftSettings): PerformanceVerdict | null {
  const { labelled, positives, auc, logLoss } = overall;
  if (labelled === 0) return null;
  const head = { labelled, auc, logLoss, bound: bound ?? null, p: null };
  const unsaid = (why: string): PerformanceVerdict => ({
    ...head,
    verdict: 'insufficient',
    sentence: `performance was not judged: ${why}.`,
  });
  if (labelled < settings.minRows) return unsaid(`${told(labelled)} labels are fewer than ${settings.minRows}`);
  if (auc === null) return unsaid('the labels are all of one class');
  if (bound === undefined) return unsaid(`there is no evaluation to hold the AUC of ${told(auc)} against`);
  const p = normalTail((bound - auc) / hanleyMcNeil(bound, positives, labelled - positives));
  const drop = bound - auc;
  const decayed = p < settings.alpha && drop >= settings.thresholds.auc_drop;
  const sentence = decayed
    ? `performance fell: the AUC is ${told(auc)}, ${told(drop)} below the evaluation's lower bound of ${told(bound)} (limit ${told(settings.thresholds.auc_drop)}), which is not chance (p ${chance(p)}).`
    : `performance held: the AUC is ${told(auc)}, the evaluation's lower bound ${told(bound)}.`;
  return { ...head, p, verdict: decayed ? 'drift' : 'no_drift', sentence };
}

function hanleyMcNeil(auc: number, positives: number, negatives: number): number {
  const onePositive = auc / (2 - auc);
  const oneNegative = (2 * auc * auc) / (1 + auc);
  const variance = auc * (1 - auc) + (positives - 1) * (onePositive - auc * auc) + (negatives - 1) * (oneNegative - auc * auc);
  return Math.sqrt(variance / (positives * negatives));
}
