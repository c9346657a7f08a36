import { escapeHtml, number, percent } from '#core/kernel/index.ts';
import type { Bar } from './judgement.ts';
import type { PerformancePoint } from './performance.ts';

const BARS = { width: 240, height: 64, base: 50 } as const;
/** A four-letter label fits below each of so many bars. */
const LABELLED = 10;
const CHART = { width: 820, height: 200, left: 44, right: 10, top: 14, bottom: 28 } as const;

/** The reference as a grey block, the window as a coloured line of tops over it: a difference shows as a gap. */
export function shareBars(bars: readonly Bar[], about: string): string {
  if (bars.length === 0) return '';
  const { width, height, base } = BARS;
  const most = Math.max(...bars.flatMap((bar) => [bar.reference, bar.current]), Number.MIN_VALUE);
  const step = width / bars.length;
  const tall = (share: number) => ((share / most) * (base - 4)).toFixed(1);
  const drawn = bars.map((bar, at) => {
    const x = at * step;
    const tip = `${bar.label}: ${percent(bar.reference)} → ${percent(bar.current)}`;
    const block = (share: number, from: number, wide: number, style: string) =>
      `<rect class="${style}" x="${(x + from * step).toFixed(1)}" y="${(base - Number(tall(share))).toFixed(1)}" width="${(wide * step).toFixed(1)}" height="${tall(share)}"/>`;
    return `<g><title>${escapeHtml(tip)}</title>${block(bar.reference, 0.06, 0.42, 'was')}${block(bar.current, 0.5, 0.42, 'is')}</g>`;
  });
  // Room for every label, or for the first and the last.
  const told = bars.length <= LABELLED ? bars.map((_, at) => at) : [0, bars.length - 1];
  const labels = told.map((at) => {
    const [x, anchor] = bars.length <= LABELLED ? [(at + 0.5) * step, 'middle'] : at === 0 ? [0, 'start'] : [width, 'end'];
    const text = escapeHtml((bars[at]?.label ?? '').slice(0, bars.length > 4 && bars.length <= LABELLED ? 4 : 14));
    return `<text x="${x.toFixed(1)}" y="${height - 2}" text-anchor="${anchor}">${text}</text>`;
  });
  return `<svg class="bars" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(about)}: shares of the reference and of the window"><line class="grid" x1="0" y1="${base}" x2="${width}" y2="${base}"/>${drawn.join('')}${labels.join('')}</svg>`;
}

/** AUC and the share of positives day by day; the dashed line is the bound of the evaluation. */
export function performanceChart(points: readonly PerformancePoint[], bound: number | null): string {
  const { width, height, left, right, top, bottom } = CHART;
  const inner = { wide: width - left - right, tall: height - top - bottom };
  const x = (at: number) => (left + (points.length === 1 ? inner.wide / 2 : (at / (points.length - 1)) * inner.wide)).toFixed(1);
  const y = (share: number) => (top + (1 - share) * inner.tall).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (tick) =>
      `<line class="grid" x1="${left}" y1="${y(tick)}" x2="${width - right}" y2="${y(tick)}"/><text x="${left - 6}" y="${y(tick)}" dy="3" text-anchor="end">${tick}</text>`,
  );
  const line = (value: (point: PerformancePoint) => number | null, style: string) =>
    runs(points, value)
      .map((run) => `<polyline class="${style}" points="${run.map(([at, share]) => `${x(at)},${y(share)}`).join(' ')}"/>`)
      .join('');
  const dots = points.map((point, at) =>
    point.auc === null
      ? ''
      : `<circle class="dot" cx="${x(at)}" cy="${y(point.auc)}" r="3"><title>${point.day}: AUC ${number(point.auc)}, log loss ${number(point.logLoss)}, ${point.rate === null ? '' : percent(point.rate)} positive, ${number(point.labelled)} of ${number(point.rows)} labelled</title></circle>`,
  );
  const limit = bound === null ? '' : `<line class="chance" x1="${left}" y1="${y(bound)}" x2="${width - right}" y2="${y(bound)}"/>`;
  const days = [...new Set([0, Math.floor((points.length - 1) / 2), points.length - 1])].map(
    (at, index, all) =>
      `<text x="${x(at)}" y="${height - 8}" text-anchor="${all.length === 1 ? 'middle' : index === 0 ? 'start' : index === all.length - 1 ? 'end' : 'middle'}">${points[at]?.day ?? ''}</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="AUC and share of positives by day">${grid.join('')}${limit}${line((point) => point.rate, 'rate')}${line((point) => point.auc, 'line thin')}${dots.join('')}${days.join('')}</svg>`;
}

/** Stretches of days that have the value: a gap in the data is a gap in the line. */
function runs(points: readonly PerformancePoint[], value: (point: PerformancePoint) => number | null): [number, number][][] {
  const found: [number, number][][] = [[]];
  points.forEach((point, at) => {
    const share = value(point);
    if (share === null) found.push([]);
    else found[found.length - 1]?.push([at, share]);
  });
  return found.filter((run) => run.length > 0);
}
