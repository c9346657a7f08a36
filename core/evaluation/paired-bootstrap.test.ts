import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrap } from './bootstrap.ts';
import { pairedBootstrap } from './paired-bootstrap.ts';
import { poisson1, sfc32 } from './random.ts';
import { rank } from './ranking.ts';

const settings = { resamples: 60, confidence: 0.9, seed: 11 };

/** Straight from the definitions: rows written out as often as they were drawn, every pair counted, nothing shared with the fast one. */
function slowly(labels: readonly number[], one: readonly number[], other: readonly number[], threshold: number) {
  const next = sfc32(settings.seed);
  const differences: Record<string, number[]> = {};
  for (let resample = 0; resample < settings.resamples; resample += 1) {
    const rows = labels.flatMap((_, row) => Array.from({ length: poisson1(next()) }, () => row));
    if (rows.length === 0) continue;
    const [a, b] = [metricsOf(rows, labels, one, threshold), metricsOf(rows, labels, other, threshold)];
    for (const [metric, value] of Object.entries(a)) {
      const rival = b[metric];
      if (Number.isNaN(value) || rival === undefined) continue;
      differences[metric] ??= [];
      differences[metric].push(value - rival);
    }
  }
  return Object.fromEntries(
    Object.entries(differences).map(([metric, values]) => [metric, { low: percentile(values, 0.05), high: percentile(values, 0.95) }]),
  );
}

function metricsOf(rows: readonly number[], labels: readonly number[], scores: readonly number[], threshold: number) {
  const positives = rows.filter((row) => labels[row] === 1);
  const negatives = rows.filter((row) => labels[row] === 0);
  const at = (row: number) => scores[row] as number;
  let wins = 0;
  for (const p of positives) for (const n of negatives) wins += at(p) > at(n) ? 1 : at(p) === at(n) ? 0.5 : 0;
  const mean = (of: (row: number) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const clipped = (score: number) => Math.max(score, Number.EPSILON);
  return {
    auc: wins / (positives.length * negatives.length),
    log_loss: mean((row) => -Math.log(clipped(labels[row] === 1 ? at(row) : 1 - at(row)))),
    brier: mean((row) => ((labels[row] as number) - at(row)) ** 2),
    accuracy: mean((row) => (at(row) >= threshold === (labels[row] === 1) ? 1 : 0)),
  } as Record<string, number>;
}

function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)] as number;
  return low + ((sorted[Math.ceil(place)] as number) - low) * (place - Math.floor(place));
}

describe('the paired bootstrap', () => {
  const score = fc.integer({ min: 0, max: 20 }).map((n) => n / 20);
  const rows = fc
    .array(fc.record({ label: fc.constantFrom(0, 1), one: score, other: score }), { minLength: 4, maxLength: 40 })
    .filter((all) => new Set(all.map(({ label }) => label)).size === 2);

  it('says what the slow and straightforward way says, ties and all', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const [labels, one, other] = [all.map((row) => row.label), all.map((row) => row.one), all.map((row) => row.other)];
        const fast = pairedBootstrap(labels, { scores: one, threshold: 0.5 }, { scores: other, threshold: 0.5 }, settings);
        const everyRow = labels.map((_, row) => row);
        const [a, b] = [metricsOf(everyRow, labels, one, 0.5), metricsOf(everyRow, labels, other, 0.5)];
        for (const [metric, { low, high }] of Object.entries(slowly(labels, one, other, 0.5))) {
          const found = fast[metric as keyof typeof fast];
          expect(found.challenger).toBeCloseTo(a[metric] ?? Number.NaN, 10);
          expect(found.difference).toBeCloseTo((a[metric] ?? Number.NaN) - (b[metric] ?? Number.NaN), 10);
          expect(found.low).toBeCloseTo(low, 10);
          expect(found.high).toBeCloseTo(high, 10);
        }
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it('finds no difference between a model and itself, and the opposite when the two change places', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const labels = all.map((row) => row.label);
        const one = { scores: all.map((row) => row.one), threshold: 0.5 };
        const other = { scores: all.map((row) => row.other), threshold: 0.4 };
        for (const { difference, low, high } of Object.values(pairedBootstrap(labels, one, one, settings))) {
          expect([difference, low, high].filter((value) => value !== null && value !== undefined && value !== 0)).toEqual([]);
        }
        const [there, back] = [pairedBootstrap(labels, one, other, settings), pairedBootstrap(labels, other, one, settings)];
        expect(back.auc.difference).toBeCloseTo(-(there.auc.difference ?? Number.NaN), 10);
        expect(back.auc.low).toBeCloseTo(-(there.auc.high ?? Number.NaN), 10);
      }),
      { numRuns: 40, seed: 5 },
    );
  });

  const next = sfc32(3);
  const drawn = () => next() / 2 ** 32;
  const seen = Array.from({ length: 3000 }, () => {
    const truth = drawn();
    const label = drawn() < truth * 0.6 ? 1 : 0;
    return { label, good: 0.6 * truth, worse: Math.min(1, 0.6 * truth + 0.15 * drawn()) };
  });
  const labels = seen.map(({ label }) => label);
  const good = { scores: seen.map((row) => row.good), threshold: 0.3 };
  const worse = { scores: seen.map((row) => row.worse), threshold: 0.3 };

  it('is surer of a difference than the two intervals alone would be', () => {
    const { auc } = pairedBootstrap(labels, good, worse, { ...settings, resamples: 400 });
    const alone = [good, worse].map(
      ({ scores, threshold }) => bootstrap(rank(labels, scores), { ...settings, threshold, resamples: 400 }).auc ?? { low: 0, high: 1 },
    );
    const widthAlone = Math.hypot(...alone.map(({ low, high }) => high - low));
    expect((auc.high ?? 1) - (auc.low ?? 0)).toBeLessThan(widthAlone / 2);
    expect(auc.low).toBeGreaterThan(0);
  });

  it('gives the same interval for the same seed and another for another', () => {
    const of = (seed: number) => pairedBootstrap(labels, good, worse, { ...settings, seed });
    expect(of(7)).toEqual(of(7));
    expect(of(7).auc).not.toEqual(of(8).auc);
  });

  it('says nothing of AUC when there is one class', () => {
    const flat = { scores: [0.1, 0.2, 0.3], threshold: 0.5 };
    expect(pairedBootstrap([0, 0, 0], flat, flat, settings).auc).toEqual({ challenger: null, champion: null, difference: null });
  });

  it.each([
    ['different lengths', [0, 1], [0.5]],
    ['a score that is no number', [0, 1], [0.5, Number.NaN]],
  ])('refuses %s', (_, labels, scores) => {
    const model = { scores, threshold: 0.5 };
    expect(() => pairedBootstrap(labels, model, model, settings)).toThrow(RangeError);
  });
});
