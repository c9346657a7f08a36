import { benjaminiHochberg } from './benjamini-hochberg.ts';
import { conclude } from './conclude.ts';
import { examineColumn } from './examine-column.ts';
import { judgePerformance, judgePrediction, judgeTarget } from './judge-outputs.ts';
import type { DriftJudgement } from './judgement.ts';
import type { Profile, WindowProfile } from './profile.ts';
import { type DriftOverrides, driftSettings } from './settings.ts';

export interface DriftQuestion {
  readonly reference: Profile;
  readonly current: Profile;
  readonly settings?: DriftOverrides | undefined;
  /** How the labelled rows of the window were predicted: a `WindowProfile` has both. */
  readonly performance?: Pick<WindowProfile, 'performance' | 'overall'> | undefined;
  /** Lower bound of the version's AUC in its evaluation. */
  readonly aucBound?: number | undefined;
}

/**
 * Holds a window against its reference.
 *
 * Each column of the reference is compared by a test and an effect size. The tests of all columns, those of missing shares
 * included, are one family: their p-values are adjusted by Benjamini and Hochberg. What the scores and the labels did are questions
 * of their own and are not adjusted. Pure: the same profiles give the same judgement.
 *
 * @throws {RangeError} the settings make no sense
 */
export function judgeDrift({ reference, current, settings: overrides, performance, aucBound }: DriftQuestion): DriftJudgement {
  const settings = driftSettings(overrides);
  const found = new Map(current.columns.map((column) => [column.name, column]));
  const examined = reference.columns.flatMap((column) => examineColumn(column, found.get(column.name), settings));
  const tests = examined.flatMap(({ difference, missing }, at) => [
    ...('refused' in difference ? [] : [{ at, of: 'values' as const, p: difference.p }]),
    ...(missing.p === null ? [] : [{ at, of: 'missing' as const, p: missing.p }]),
  ]);
  const q = benjaminiHochberg(tests.map((test) => test.p));
  const columns = examined.map((each, at) => {
    const of = (which: 'values' | 'missing') => {
      const test = tests.findIndex((one) => one.at === at && one.of === which);
      return test < 0 ? null : (q[test] as number);
    };
    return conclude(each, { values: of('values'), missing: of('missing') }, settings);
  });
  const prediction = judgePrediction(reference, current, settings);
  const target = judgeTarget(reference, current, settings);
  const decay = performance ? judgePerformance(performance.overall, aucBound, settings) : null;
  const drifted = {
    columns: columns.filter((column) => column.verdict === 'drift').map((column) => column.column),
    prediction: prediction?.verdict === 'drift',
    target: target?.verdict === 'drift',
    performance: decay?.verdict === 'drift',
  };
  const verdicts = [...columns, prediction, target, decay].flatMap((each) => (each ? [each.verdict] : []));
  return {
    verdict: verdicts.includes('drift') ? 'drift' : verdicts.includes('no_drift') ? 'no_drift' : 'insufficient',
    drifted,
    rows: { reference: reference.rows, current: current.rows },
    columns,
    prediction,
    target,
    performance: performance?.performance ?? [],
    decay,
    settings,
  };
}
