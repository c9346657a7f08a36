import type { Difference } from './examined.ts';
import type { Bar } from './judgement.ts';
import { comparable } from './numeric-sketch.ts';
import type { NumericProfile, NumericSketch } from './profile.ts';
import type { DriftSettings } from './settings.ts';
import { psi } from './shares.ts';
import { compareSamples } from './two-sample.ts';
import { told } from './wording.ts';

const DECILES = 10;
const BARS = 20;

/** Kolmogorov–Smirnov for "is it chance", Wasserstein-1 in standard deviations of the reference for "does it matter". */
export function examineNumeric(
  reference: NumericProfile,
  current: NumericProfile,
  settings: Pick<DriftSettings, 'numericEffect' | 'thresholds'>,
  threshold = settings.thresholds.wasserstein_per_sigma,
): { readonly difference: Difference; readonly bars: readonly Bar[] } {
  const [before, after] = comparable(reference.distribution, current.distribution);
  const compared = compareSamples(before, after);
  const stability = psi(gathered(before, after, deciles(before)));
  const byWay = settings.numericEffect === 'wasserstein_per_sigma';
  return {
    difference: {
      test: 'kolmogorov_smirnov',
      statistic: compared.ks.statistic,
      p: compared.ks.p,
      effect: byWay
        ? { name: 'wasserstein_per_sigma', value: compared.wassersteinPerSigma, threshold }
        : { name: 'psi', value: stability, threshold: settings.thresholds.psi },
      others: {
        wasserstein: compared.wasserstein,
        sigma: compared.sigma,
        ...(byWay ? { psi: stability } : { wasserstein_per_sigma: compared.wassersteinPerSigma }),
      },
      told: `its mean went from ${told(reference.mean ?? 0)} to ${told(current.mean ?? 0)}`,
      size: byWay ? `${told(compared.wassersteinPerSigma)} standard deviations` : `a PSI of ${told(stability)}`,
    },
    bars: histogram(before, after),
  };
}

/** Upper ends of ten bins that hold a tenth of the reference each, or fewer when values are tied. */
function deciles({ values, counts }: NumericSketch): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ends: number[] = [];
  let below = 0;
  values.forEach((value, at) => {
    below += counts[at] as number;
    while (ends.length < DECILES && below >= ((ends.length + 1) / DECILES) * total) ends.push(value);
  });
  return [...new Set(ends)].slice(0, -1);
}

function gathered(before: NumericSketch, after: NumericSketch, ends: readonly number[]) {
  return { reference: inBins(before, ends), current: inBins(after, ends) };
}

/** Counts up to and with each end, and beyond the last. */
function inBins({ values, counts }: NumericSketch, ends: readonly number[]): number[] {
  const bins = new Array<number>(ends.length + 1).fill(0);
  let bin = 0;
  values.forEach((value, at) => {
    while (bin < ends.length && value > (ends[bin] as number)) bin += 1;
    bins[bin] = (bins[bin] as number) + (counts[at] as number);
  });
  return bins;
}

/** Equal widths over where nearly all of both lies, so that one outlier does not leave a single bar. */
function histogram(before: NumericSketch, after: NumericSketch): Bar[] {
  const low = Math.min(at(before, 0.005), at(after, 0.005));
  const high = Math.max(at(before, 0.995), at(after, 0.995));
  if (low === high) return [{ label: told(low), reference: 1, current: 1 }];
  const starts = Array.from({ length: BARS }, (_, bar) => low + ((high - low) * bar) / BARS);
  const shares = ({ values, counts }: NumericSketch) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const bars = new Array<number>(BARS).fill(0);
    values.forEach((value, index) => {
      const bar = Math.min(BARS - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * BARS)));
      bars[bar] = (bars[bar] as number) + (counts[index] as number) / total;
    });
    return bars;
  };
  const left = shares(before);
  const right = shares(after);
  return starts.map((start, bar) => ({ label: told(start), reference: left[bar] as number, current: right[bar] as number }));
}

function at({ values, counts }: NumericSketch, level: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  const found = values.find((_, index) => {
    below += counts[index] as number;
    return below >= level * total;
  });
  return found ?? (values[values.length - 1] as number);
}
