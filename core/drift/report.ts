import { escapeHtml, number, percent, REPORT_STYLE } from '#core/kernel/index.ts';
import { type HeadlineFacts, headline } from './headline.ts';
import type { ColumnVerdict, DriftJudgement, Verdict } from './judgement.ts';
import { performanceChart, shareBars } from './report-charts.ts';

/** What the page says of where the judgement comes from. */
export interface DriftReportFacts extends HeadlineFacts {
  readonly monitor: string;
  readonly model: string;
  readonly version: number | null;
  readonly scan: string;
  readonly window: { readonly from: string; readonly to: string };
  readonly asOf: string;
  readonly reference: { readonly kind: 'training' } | { readonly kind: 'window'; readonly from: string; readonly to: string };
  readonly files: number;
}

// Without REPORT_STYLE in it, which would keep both in every bundle that imports the index.
const STYLE = `
.quiet{color:var(--soft);background:var(--line)}.bars{width:240px;max-width:100%}.bars text{font-size:9px}.was{fill:var(--soft);opacity:.45}.is{fill:var(--accent)}.rate{fill:none;stroke:var(--soft);stroke-width:1.5;stroke-dasharray:1 3;stroke-linecap:round}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px}.key:first-child{margin-left:0}.key.was{background:var(--soft);opacity:.45}.key.is{background:var(--accent)}.say{margin:0 0 8px;max-width:70ch}
.column{border-top:1px solid var(--line);padding:14px 0 4px;display:grid;grid-template-columns:minmax(0,1fr) 240px;gap:4px 24px}.column:first-of-type{border-top:0}.column h3{margin:0 0 4px;font-size:15px}.column .pill{margin-left:8px;vertical-align:1px}
.figures{display:flex;flex-wrap:wrap;gap:2px 18px;margin:0;color:var(--soft);font-size:13px}.figures b{color:var(--ink);font-weight:500;font-variant-numeric:tabular-nums}@media(max-width:640px){.column{grid-template-columns:minmax(0,1fr)}}`;

const PILL: Readonly<Record<Verdict, readonly [string, string]>> = {
  drift: ['bad', 'drift'],
  no_drift: ['good', 'no drift'],
  insufficient: ['quiet', 'insufficient'],
  empty: ['quiet', 'empty'],
};

const TESTS: Readonly<Record<string, readonly [string, string]>> = {
  kolmogorov_smirnov: ['Kolmogorov–Smirnov', 'D'],
  chi_squared: ['χ²', 'χ²'],
  two_proportions: ['two proportions', 'z'],
};

const NAMES: Readonly<Record<string, string>> = {
  wasserstein_per_sigma: 'W₁/σ',
  wasserstein: 'W₁',
  sigma: 'σ',
  jensen_shannon: 'Jensen–Shannon',
  jensen_shannon_raw: 'Jensen–Shannon, uncorrected',
  psi: 'PSI',
  cramers_v: "Cramér's V",
  cohens_h: "Cohen's h",
};

/** One self-contained page: no script, no request, nothing in it that is not escaped. Pure: same judgement, same bytes. */
export function driftReport(judgement: DriftJudgement, facts: DriftReportFacts): string {
  const title = `${facts.model}: drift`;
  const { tone, text } = headline(judgement, facts);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}${STYLE}</style></head><body><main>
<header><p class="eyebrow">Drift of ${escapeHtml(span(facts.window))} against ${escapeHtml(referenceOf(facts))}</p><h1>${escapeHtml(facts.model)} <small>${facts.version === null ? 'no version' : `version ${facts.version}`}, monitor ${escapeHtml(facts.monitor)}</small></h1>
<p class="verdict ${tone}">${escapeHtml(text)}</p></header>
${tiles(judgement)}
${columnSection(judgement)}
${outputSection(judgement)}
${performanceSection(judgement)}
${methodSection(judgement)}
${factSection(judgement, facts)}
</main></body></html>
`;
}

function tiles({ rows, columns, drifted, target, decay }: DriftJudgement): string {
  const rate = target?.others['current_rate'];
  const tile = (name: string, value: string, note: string) => `<div class="tile"><span>${name}</span><b>${value}</b><i>${note}</i></div>`;
  return `<section class="tiles">${tile('rows', number(rows.current), `against ${number(rows.reference)}`)}${tile(
    'columns that moved',
    String(drifted.columns.length),
    `of ${columns.length} compared`,
  )}${tile('positive', rate === undefined ? '–' : percent(rate), rate === undefined ? 'no verdict' : `was ${percent(target?.others['reference_rate'] ?? 0)}`)}${tile(
    'auc',
    number(decay?.auc),
    decay ? (decay.bound === null ? 'no evaluation' : `lower bound ${number(decay.bound)}`) : 'no labels',
  )}</section>`;
}

function columnSection({ columns }: DriftJudgement): string {
  if (columns.length === 0) return '';
  const order: readonly Verdict[] = ['drift', 'insufficient', 'empty', 'no_drift'];
  const sorted = order.flatMap((verdict) => columns.filter((column) => column.verdict === verdict));
  return `<section><h2>Columns</h2><p class="how"><i class="key was"></i>reference<i class="key is"></i>window; of many categories those that moved most</p>${sorted.map(columnBlock).join('')}</section>`;
}

function outputSection({ prediction, target }: DriftJudgement): string {
  const both = [prediction, target].flatMap((each) => (each ? [each] : []));
  return both.length === 0 ? '' : `<section><h2>Predictions and labels</h2>${both.map(columnBlock).join('')}</section>`;
}

function columnBlock(column: ColumnVerdict): string {
  const [style, word] = PILL[column.verdict];
  return `<div class="column"><div><h3>${escapeHtml(column.column)}<span class="pill ${style}">${word}</span></h3><p class="say">${escapeHtml(column.sentence)}</p>${figures(column)}</div>${shareBars(column.bars, column.column)}</div>`;
}

function figures({ test, statistic, p, q, effect, others, missing, n }: ColumnVerdict): string {
  const pairs: (readonly [string, string])[] = [];
  const [name, symbol] = TESTS[test ?? ''] ?? [test, 'statistic'];
  if (test) pairs.push(['test', String(name)], [symbol, number(statistic)], ['p', probability(p)], ['q', probability(q)]);
  if (effect) pairs.push([NAMES[effect.name] ?? effect.name, `${number(effect.value)} (limit ${number(effect.threshold)})`]);
  for (const [other, value] of Object.entries(others)) pairs.push([NAMES[other] ?? other.replaceAll('_', ' '), number(value)]);
  if (missing.reference > 0 || missing.current > 0)
    pairs.push([
      'missing',
      `${percent(missing.reference)} → ${percent(missing.current)}${missing.q === null ? '' : `, q ${probability(missing.q)}`}`,
    ]);
  pairs.push(['n', `${number(n.reference)} → ${number(n.current)}`]);
  return `<p class="figures">${pairs.map(([term, value]) => `<span>${escapeHtml(term)} <b>${escapeHtml(value)}</b></span>`).join('')}</p>`;
}

function performanceSection({ performance, decay }: DriftJudgement): string {
  if (!decay) return '';
  const [style, word] = PILL[decay.verdict];
  const known = performance.filter((point) => point.labelled > 0);
  const rows = known.map(
    (point) =>
      `<tr><td>${escapeHtml(point.day)}</td><td class="n">${number(point.rows)}</td><td class="n">${number(point.labelled)}</td><td class="n">${point.rate === null ? '–' : percent(point.rate)}</td><td class="n">${number(point.meanScore)}</td><td class="n">${number(point.auc)}</td><td class="n">${number(point.logLoss)}</td></tr>`,
  );
  return `<section><h2>Performance over time <span class="pill ${style}">${word}</span></h2><p class="say">${escapeHtml(decay.sentence)}</p>
<p class="how">Solid: AUC. Dotted: share of positives.${decay.bound === null ? '' : ' Dashed: lower bound of the evaluation.'}</p>${performanceChart(performance, decay.bound)}
<details><summary>Day by day</summary><div class="scroll"><table><thead><tr><th>day (UTC)</th><th class="n">rows</th><th class="n">labelled</th><th class="n">positive</th><th class="n">mean score</th><th class="n">auc</th><th class="n">log loss</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details></section>`;
}

function methodSection({ settings: { alpha, minRows, thresholds, numericEffect, categoricalEffect } }: DriftJudgement): string {
  const limit = (name: keyof typeof thresholds) => number(thresholds[name]);
  const notes = [
    `A column drifted when the difference is not chance and large enough to matter: q below ${number(alpha)} and an effect of at least its limit. With many rows every difference is real; the effect says whether it means anything.`,
    `Numbers: two-sample Kolmogorov–Smirnov, asymptotic p-value; effect ${NAMES[numericEffect]}, limit ${limit(numericEffect)}. σ is that of the reference. Beyond 2,048 distinct values, like values are counted together.`,
    `Categories: Pearson's χ², cells with fewer than five expected rows put together; effect ${NAMES[categoricalEffect]}, limit ${limit(categoricalEffect)}. From the Jensen–Shannon distance is taken what chance alone adds at this number of rows.`,
    'Moments in time: the hour of the day and the day of the week in UTC, each divided by how often it lies in the window, so that a window of ten days is not drift.',
    `Missing values: two-proportion test, limit ${percent(thresholds.missing_share)} of the rows. q adjusts all tests of columns together (Benjamini and Hochberg).`,
    `Predictions: as numbers, limit ${limit('prediction')}. Labels: two-proportion test, Cohen's h, limit ${limit('target')}. Performance: AUC by ranks against the evaluation's lower bound, limit ${limit('auc_drop')} below it. These three are not adjusted.`,
    `Fewer than ${number(minRows)} values on a side are not judged.`,
  ];
  return `<section><h2>Method</h2>${notes.map((note) => `<p class="how">${escapeHtml(note)}</p>`).join('')}</section>`;
}

function factSection({ rows, decay }: DriftJudgement, facts: DriftReportFacts): string {
  const pairs: readonly (readonly [string, string])[] = [
    ['window', `${span(facts.window)}, by event time`],
    ['reference', `${referenceOf(facts)}, ${number(rows.reference)} rows`],
    [
      'read',
      `${number(rows.current)} predictions in ${number(facts.files)} files of the log, ${number(decay?.labelled ?? 0)} of them with a label`,
    ],
    ['alerts on', facts.alertOn.join(', ') || 'nothing'],
    ['as of', facts.asOf],
    ['scan', facts.scan],
  ];
  return `<section><h2>Where it comes from</h2><dl>${pairs.map(([term, told]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(told)}</dd>`).join('')}</dl></section>`;
}

function referenceOf({ reference, version }: DriftReportFacts): string {
  return reference.kind === 'window' ? span(reference) : `the training rows${version === null ? '' : ` of version ${version}`}`;
}

function span({ from, to }: { readonly from: string; readonly to: string }): string {
  const short = (moment: string) =>
    moment
      .replace(/:00(\.000)?Z$/, 'Z')
      .replace('T', ' ')
      .replace(' 00:00Z', '');
  return `${short(from)} to ${short(to)}`;
}

function probability(value: number | null): string {
  if (value === null) return '–';
  return value < 1e-4 ? '< 0.0001' : String(Number(value.toPrecision(2)));
}
