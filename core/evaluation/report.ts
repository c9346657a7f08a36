import { escapeHtml, number, percent, REPORT_STYLE } from '#core/kernel/index.ts';
import type { ChampionComparison } from './champion.ts';
import type { Evaluated, SegmentResult } from './evaluate.ts';
import type { Estimate } from './gates.ts';
import { championTable } from './report-champion.ts';
import { calibrationChart, rocChart } from './report-charts.ts';

export interface ReportFacts {
  readonly pipeline: string;
  readonly pipelineVersion: number;
  readonly dataset: string;
  readonly datasetVersion: number;
  readonly execution: string;
  readonly runId: string;
  readonly algorithm: string;
  readonly testRows: string;
  readonly modelSha256: string;
  readonly createdAt: string;
  readonly confidence: number;
  readonly resamples: number;
  readonly threshold: number;
  readonly seed: number;
  readonly champion: ChampionComparison | null;
  readonly gates: readonly {
    readonly gate: string;
    readonly threshold: number;
    readonly observed: number | null;
    readonly passed: boolean;
    readonly reason: string;
  }[];
}

const ABOUT: Readonly<Record<string, string>> = {
  auc: 'Area under the ROC curve: the chance that a positive row scores above a negative one.',
  average_precision: 'Area under the precision–recall curve, by steps.',
  log_loss: 'Mean −ln of the probability given to what happened. Nats; lower is better.',
  brier: 'Mean squared error of the probability; lower is better.',
  ece: 'Expected calibration error over ten bins; lower is better.',
  f1: 'Harmonic mean of precision and recall at the threshold.',
  precision: 'Of the rows called positive, those that were.',
  recall: 'Of the positive rows, those that were called so.',
  accuracy: 'Rows called right at the threshold.',
  latency_p50_ms: 'Median time of one row, in the evaluating function.',
  latency_p95_ms: '95 of 100 single rows are faster.',
  model_bytes: 'Size of model.onnx.',
};

/** One self-contained page: no script, no request, nothing in it that is not escaped. Pure: same facts, same bytes. */
export function evaluationReport(
  facts: ReportFacts,
  result: Evaluated,
  metrics: Readonly<Record<string, Estimate>>,
  segments: readonly SegmentResult[],
): string {
  const failed = facts.gates.filter((gate) => !gate.passed).length;
  const verdict =
    facts.gates.length === 0
      ? 'No gates were asked'
      : failed === 0
        ? 'Every gate is open'
        : `${failed} of ${facts.gates.length} gates shut`;
  const title = `${facts.pipeline}: evaluation`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style></head><body><main>
<header><p class="eyebrow">Evaluation on rows the training job never saw</p><h1>${escapeHtml(facts.pipeline)} <small>version ${facts.pipelineVersion}</small></h1>
<p class="verdict ${failed === 0 ? 'good' : 'bad'}">${escapeHtml(verdict)}</p></header>
<section class="tiles">${['auc', 'log_loss', 'ece', 'f1'].map((name) => tile(name, metrics[name])).join('')}</section>
${gateTable(facts)}
${championTable(facts.champion)}
<section class="charts">${rocChart(result.roc, metrics['auc'])}${calibrationChart(result.calibration)}</section>
${metricTable(metrics, facts)}
${confusionTable(result, facts)}
${segmentTable(segments)}
${factTable(facts, result)}
</main></body></html>
`;
}

function tile(name: string, estimate: Estimate | undefined): string {
  return `<div class="tile"><span>${escapeHtml(name.replaceAll('_', ' '))}</span><b>${number(estimate?.value)}</b><i>${interval(estimate)}</i></div>`;
}

function interval(estimate: Estimate | undefined): string {
  return estimate?.low === undefined || estimate.high === undefined ? '' : `${number(estimate.low)} – ${number(estimate.high)}`;
}

function gateTable({ gates }: ReportFacts): string {
  if (gates.length === 0) return '';
  const rows = gates.map(
    (gate) =>
      `<tr><td><span class="pill ${gate.passed ? 'good' : 'bad'}">${gate.passed ? 'open' : 'shut'}</span></td><td>${escapeHtml(gate.gate)}</td><td class="n">${number(gate.threshold)}</td><td class="n">${number(gate.observed)}</td><td>${escapeHtml(gate.reason)}</td></tr>`,
  );
  return `<section><h2>Gates</h2><div class="scroll"><table><thead><tr><th></th><th>gate</th><th class="n">limit</th><th class="n">observed</th><th>why</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

function metricTable(metrics: Readonly<Record<string, Estimate>>, { confidence, resamples, seed, threshold }: ReportFacts): string {
  const rows = Object.entries(metrics).map(
    ([name, estimate]) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td class="n"><b>${number(estimate.value)}</b></td><td class="n">${interval(estimate)}</td><td>${escapeHtml(ABOUT[name] ?? '')}</td></tr>`,
  );
  return `<section><h2>Metrics</h2><p class="how">${percent(confidence)} percentile bootstrap, ${resamples} Poisson resamples, seed ${seed}; a row is positive from a score of ${number(threshold)} on.</p>
<div class="scroll"><table><thead><tr><th>metric</th><th class="n">value</th><th class="n">interval</th><th>meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

function confusionTable(
  { confusion: { truePositive, falsePositive, falseNegative, trueNegative }, rows }: Evaluated,
  { threshold }: ReportFacts,
): string {
  const cell = (count: number, right: boolean) =>
    `<td class="n ${right ? 'right' : 'wrong'}"><b>${count.toLocaleString('en-US')}</b> <i>${percent(count / rows)}</i></td>`;
  return `<section><h2>Confusion at ${number(threshold)}</h2><div class="scroll"><table class="confusion"><thead><tr><th></th><th class="n">called positive</th><th class="n">called negative</th></tr></thead>
<tbody><tr><th>is positive</th>${cell(truePositive, true)}${cell(falseNegative, false)}</tr><tr><th>is negative</th>${cell(falsePositive, false)}${cell(trueNegative, true)}</tr></tbody></table></div></section>`;
}

function segmentTable(segments: readonly SegmentResult[]): string {
  if (segments.length === 0) return '';
  const rows = segments.map(
    (segment) =>
      `<tr><td>${escapeHtml(segment.column)}</td><td>${escapeHtml(segment.value)}</td><td class="n">${segment.rows.toLocaleString('en-US')}</td><td class="n">${percent(segment.positives / segment.rows)}</td><td class="n">${number(segment.auc)}</td><td class="n">${number(segment.logLoss)}</td><td class="n">${number(segment.ece)}</td></tr>`,
  );
  return `<section><h2>Segments</h2><div class="scroll"><table><thead><tr><th>column</th><th>value</th><th class="n">rows</th><th class="n">positive</th><th class="n">auc</th><th class="n">log loss</th><th class="n">ece</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

function factTable(facts: ReportFacts, { rows, positives }: Evaluated): string {
  const pairs: readonly (readonly [string, string])[] = [
    ['dataset', `${facts.dataset}, version ${facts.datasetVersion}`],
    ['test rows', `${rows.toLocaleString('en-US')}, ${percent(positives / rows)} positive${facts.testRows ? `, ${facts.testRows}` : ''}`],
    ['algorithm', facts.algorithm],
    ['execution', facts.execution],
    ['run', facts.runId],
    ['model.onnx', `sha256 ${facts.modelSha256}`],
    ['evaluated', facts.createdAt],
  ];
  return `<section><h2>Where it comes from</h2><dl>${pairs.map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl></section>`;
}
