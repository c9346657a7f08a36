import { number } from '#core/kernel/index.ts';
import type { CalibrationBin } from './classification.ts';
import type { Estimate } from './gates.ts';
import type { RocPoint } from './roc-curve.ts';

const SIZE = 260;
const LEFT = 40;
const BOTTOM = 34;
const TOP = 10;

const x = (share: number) => (LEFT + share * SIZE).toFixed(1);
const y = (share: number) => (TOP + (1 - share) * SIZE).toFixed(1);

/** Inline SVG, so that the page needs nothing else. */
export function rocChart(roc: readonly RocPoint[], auc: Estimate | undefined): string {
  const line = roc.map((point) => `${x(point.falsePositiveRate)},${y(point.truePositiveRate)}`).join(' ');
  const area = `${x(0)},${y(0)} ${line} ${x(1)},${y(0)}`;
  const drawn =
    roc.length === 0 ? nothing('one class only') : `<polygon class="area" points="${area}"/><polyline class="line" points="${line}"/>`;
  return chart('ROC curve', `AUC ${number(auc?.value)}`, 'false positive rate', 'true positive rate', drawn);
}

export function calibrationChart(bins: readonly CalibrationBin[]): string {
  const told = bins.flatMap(({ count, meanScore, positiveRate }) =>
    meanScore === null || positiveRate === null ? [] : [{ count, meanScore, positiveRate }],
  );
  const most = Math.max(1, ...told.map((bin) => bin.count));
  const line = told.map((bin) => `${x(bin.meanScore)},${y(bin.positiveRate)}`).join(' ');
  const dots = told.map(
    (bin) =>
      `<circle class="dot" cx="${x(bin.meanScore)}" cy="${y(bin.positiveRate)}" r="${(3 + 6 * Math.sqrt(bin.count / most)).toFixed(1)}"><title>${bin.count.toLocaleString('en-US')} rows: said ${number(bin.meanScore)}, was ${number(bin.positiveRate)}</title></circle>`,
  );
  return chart(
    'Calibration',
    'larger dot: more rows',
    'mean score',
    'positive rate',
    `<polyline class="line thin" points="${line}"/>${dots.join('')}`,
  );
}

function chart(title: string, note: string, across: string, up: string, drawn: string): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" y1="${y(0)}" x2="${x(tick)}" y2="${y(1)}"/><line class="grid" x1="${x(0)}" y1="${y(tick)}" x2="${x(1)}" y2="${y(tick)}"/>` +
      `<text x="${x(tick)}" y="${TOP + SIZE + 14}" text-anchor="middle">${tick}</text><text x="${LEFT - 6}" y="${y(tick)}" dy="3" text-anchor="end">${tick}</text>`,
  );
  const width = LEFT + SIZE + 12;
  const height = TOP + SIZE + BOTTOM;
  return `<figure><figcaption><b>${title}</b> <i>${note}</i></figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}, ${note}">${ticks.join('')}
<line class="chance" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>${drawn}
<text x="${LEFT + SIZE / 2}" y="${height - 4}" text-anchor="middle">${across}</text><text x="10" y="${TOP + SIZE / 2}" text-anchor="middle" transform="rotate(-90 10 ${TOP + SIZE / 2})">${up}</text></svg></figure>`;
}

function nothing(why: string): string {
  return `<text x="${LEFT + SIZE / 2}" y="${TOP + SIZE / 2}" text-anchor="middle">${why}</text>`;
}
