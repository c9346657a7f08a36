import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrap } from './bootstrap.ts';
import { measure } from './classification.ts';
import { rank } from './ranking.ts';
import { rocCurve } from './roc-curve.ts';

interface Case {
  readonly name: string;
  readonly labels: number[];
  readonly scores: number[];
  readonly weights?: number[];
  readonly threshold: number;
  readonly auc: number | null;
  readonly logLoss: number;
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly accuracy: number;
  readonly brier: number;
  readonly ece: number;
  readonly calibration: { count: number; meanScore: number | null; positiveRate: number | null }[];
}

const golden = JSON.parse(readFileSync(new URL('../../test/golden/classification.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  weighted: Case[];
};

/** Weights follow the rows as they were given; the ranking has its own order, the same for equal (score, label). */
function measured({ labels, scores, weights, threshold }: Case) {
  const ranking = rank(labels, scores);
  if (!weights) return measure(ranking, threshold);
  const order = labels.map((_, row) => row).sort((a, b) => Number(scores[b]) - Number(scores[a]) || Number(labels[b]) - Number(labels[a]));
  return measure(ranking, threshold, (position) => Number(weights[Number(order[position])]));
}

function close(actual: number | null, expected: number | null): void {
  if (expected === null || actual === null) expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 + 1e-12 * Math.abs(expected));
}

describe('classification metrics', () => {
  it.each([...golden.cases, ...golden.weighted])('says what scikit-learn says: $name', (golden) => {
    const { metrics, calibration } = measured(golden);
    close(metrics.auc, golden.auc);
    close(metrics.log_loss, golden.logLoss);
    close(metrics.brier, golden.brier);
    close(metrics.ece, golden.ece);
    close(metrics.f1, golden.f1);
    close(metrics.precision, golden.precision);
    close(metrics.recall, golden.recall);
    close(metrics.accuracy, golden.accuracy);
    calibration.forEach((bin, at) => {
      close(bin.meanScore, golden.calibration[at]?.meanScore ?? null);
      close(bin.positiveRate, golden.calibration[at]?.positiveRate ?? null);
      if (!golden.weights) expect(bin.count).toBe(golden.calibration[at]?.count);
    });
  });

  it.each([
    ['no rows', [], []],
    ['different lengths', [0, 1], [0.5]],
    ['a score above 1', [0, 1], [0.5, 1.1]],
    ['a score that is no number', [0, 1], [0.5, Number.NaN]],
    ['a label that is no class', [0, 2], [0.5, 0.5]],
  ])('refuses %s', (_, labels, scores) => expect(() => rank(labels, scores)).toThrow(RangeError));

  it('refuses weights without mass', () => expect(() => measure(rank([0, 1], [0.1, 0.9]), 0.5, () => 0)).toThrow(RangeError));

  const scored = fc
    .array(fc.tuple(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 2, maxLength: 60 })
    .filter((rows) => rows.some(([label]) => label === 0) && rows.some(([label]) => label === 1));

  it('has an AUC that any rising transform leaves alone, and that labels turned round turn round', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const labels = rows.map(([label]) => label);
        const scores = rows.map(([, score]) => Math.round(score * 1000) / 1000);
        const auc = measure(rank(labels, scores), 0.5).metrics.auc ?? Number.NaN;
        close(
          measure(
            rank(
              labels,
              scores.map((score) => score ** 3 / 2),
            ),
            0.5,
          ).metrics.auc,
          auc,
        );
        close(
          measure(
            rank(
              labels.map((label) => 1 - label),
              scores,
            ),
            0.5,
          ).metrics.auc,
          1 - auc,
        );
      }),
    );
  });

  it('has an average precision as its definition says', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const labels = rows.map(([label]) => label);
        const scores = rows.map(([, score]) => score);
        const total = labels.filter((label) => label === 1).length;
        let expected = 0;
        let recall = 0;
        for (const cut of [...new Set(scores)].sort((a, b) => b - a)) {
          const called = rows.filter(([, score]) => score >= cut);
          const hits = called.filter(([label]) => label === 1).length;
          expected += (hits / total - recall) * (hits / called.length);
          recall = hits / total;
        }
        expect(measure(rank(labels, scores), 0.5).metrics.average_precision).toBeCloseTo(expected, 10);
      }),
    );
  });

  it('has a ROC curve that rises from corner to corner', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const curve = rocCurve(
          rank(
            rows.map(([label]) => label),
            rows.map(([, score]) => score),
          ),
          10,
        );
        expect(curve[0]).toEqual({ falsePositiveRate: 0, truePositiveRate: 0 });
        expect(curve.at(-1)).toEqual({ falsePositiveRate: 1, truePositiveRate: 1 });
        for (let at = 1; at < curve.length; at += 1) {
          expect(curve[at]?.truePositiveRate).toBeGreaterThanOrEqual(curve[at - 1]?.truePositiveRate ?? 2);
        }
      }),
    );
  });
});

describe('bootstrap', () => {
  const big = golden.cases.find((one) => one.name === '400 rows, a fifth positive');
  if (!big) throw new Error('the golden file lost its big case');
  const ranking = rank(big.labels, big.scores);
  const settings = { threshold: 0.5, resamples: 300, confidence: 0.95, seed: 7 };

  it('gives the same interval for the same seed and another for another', () => {
    expect(bootstrap(ranking, settings)).toEqual(bootstrap(ranking, settings));
    expect(bootstrap(ranking, settings)).not.toEqual(bootstrap(ranking, { ...settings, seed: 8 }));
  });

  it('has an AUC interval as wide as the formula of Hanley and McNeil says', () => {
    const interval = bootstrap(ranking, { ...settings, resamples: 2000 }).auc ?? { low: 0, high: 0 };
    const a = big.auc ?? 0;
    const n1 = big.labels.filter((label) => label === 1).length;
    const n0 = big.labels.length - n1;
    const q1 = a / (2 - a);
    const q2 = (2 * a * a) / (1 + a);
    const se = Math.sqrt((a * (1 - a) + (n1 - 1) * (q1 - a * a) + (n0 - 1) * (q2 - a * a)) / (n1 * n0));
    expect(interval.low).toBeLessThan(a);
    expect(interval.high).toBeGreaterThan(a);
    expect((interval.high - interval.low) / (2 * 1.96 * se)).toBeGreaterThan(0.85);
    expect((interval.high - interval.low) / (2 * 1.96 * se)).toBeLessThan(1.15);
  });

  it('says nothing of AUC when there is one class, and nothing breaks on a row or two', () => {
    expect(bootstrap(rank([0, 0, 0], [0.1, 0.2, 0.3]), settings).auc).toBeUndefined();
    expect(bootstrap(rank([1], [0.4]), settings).accuracy).toEqual({ low: 0, high: 0 });
  });
});
