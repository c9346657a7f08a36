import { drifted, type Scan, WINDOWS } from './monitoring.ts';
import type { Chapter, Told } from './story.ts';
import type { Followed } from './training.ts';

interface Metric {
  readonly value: number | null;
  readonly low?: number;
  readonly high?: number;
}

interface Evaluation {
  readonly rows: number;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly gates: readonly { readonly gate: string; readonly passed: boolean; readonly reason: string }[];
  readonly reportUrl: string;
}

/** What a person wants to see at the end: how good, what moved, what was done about it and why, how long, and where to look next. */
export async function summary({ app, chapters, invariants, timings }: Told, seconds: number): Promise<string> {
  const parts = await Promise.all(chapters.map((chapter) => ofChapter(chapter)));
  const slowest = [...timings].map(([title, spent]) => `  ${title.padEnd(64)} ${spent.toFixed(1).padStart(7)} s`);
  const tokens = await Promise.all(
    chapters.map(async ({ tenant }) => `  ${tenant.slug.toUpperCase().replaceAll('-', '_')}_TOKEN=${await tenant.scientist.token()}`),
  );
  return [
    ...parts,
    '\nInvariants, all of which held',
    ...invariants.map((line) => `  ${line}`),
    `\nTimings (${seconds.toFixed(0)} s in all)`,
    ...slowest,
    `\nAPI documentation  ${app.baseUrl}/docs`,
    '\nTokens, good for an hour',
    ...tokens,
    ...curl(app.baseUrl, chapters[0]),
  ].join('\n');
}

async function ofChapter(chapter: Chapter): Promise<string> {
  const { tenant, first, datasetRows, traffic, joined, scans } = chapter;
  const version = first?.execution.model?.version;
  const evaluation = version === undefined ? undefined : await evaluationOf(chapter, version);
  const { singles, batches, unserved, labels, seconds } = traffic.counts;
  return [
    `\n${tenant.slug}`,
    ...(first && evaluation
      ? [
          `  version ${version} was trained on ${datasetRows.toLocaleString('en')} rows of January to March, judged on ${evaluation.rows.toLocaleString('en')} that the job never saw`,
          ...metricLines(evaluation),
          ...gateLines(evaluation),
          first.isResumed
            ? '  its execution was begun by an earlier run, and finished now'
            : `  overhead of the control plane in its execution: ${overheadSeconds(first).toFixed(1)} s, beside ${(first.rolloutMs / 1000).toFixed(1)} s of canary`,
          `  report ${evaluation.reportUrl}`,
        ]
      : ['  was live before this run']),
    ...(traffic.scored.length > 0
      ? [
          `  ${traffic.scored.length.toLocaleString('en')} flights predicted by ${singles} single calls and ${batches} batches in ${seconds.toFixed(0)} s (${unserved} rows waited for the canary), ${joined} looked up with their truth`,
          `  labels: ${Object.entries(labels)
            .map(([status, count]) => `${count} ${status}`)
            .join(', ')}`,
          ...WINDOWS.map(
            ({ name, from, before }) =>
              `  ROC-AUC in ${name}: ${rankAuc(traffic.scored.filter(({ date }) => date >= from && date < before)).toFixed(4)}`,
          ),
        ]
      : []),
    ...scans.flatMap(scanLines),
    ...(await renewalLines(chapter)),
  ].join('\n');
}

function scanLines(scan: Scan): string[] {
  const { decay, headline, window, reportUrl } = scan;
  const sentences = [...drifted(scan), ...(decay?.verdict === 'drift' ? [decay] : [])].map(({ sentence }) => sentence);
  return [
    `  scan ${window.from.slice(0, 10)} to ${window.to.slice(0, 10)}: ${headline}`,
    ...sentences.map((sentence) => `    ${sentence}`),
    `    report ${reportUrl}`,
  ];
}

async function renewalLines(chapter: Chapter): Promise<string[]> {
  const { decisions, followed } = chapter.renewal;
  const lines = decisions.map(
    ({ decision, reason, cause }) => `  retraining: ${decision === 'start' ? 'yes' : 'no'}, ${reason} (cause ${cause})`,
  );
  if (!followed) return lines;
  const { execution } = followed;
  const version = execution.model?.version;
  if (version === undefined) return [...lines, `  the new model was not registered: ${JSON.stringify(execution.failure)}`];
  const evaluation = await evaluationOf(chapter, version);
  const end =
    execution.status === 'succeeded' ? 'and is the champion now' : `but ${execution.status}: ${JSON.stringify(execution.failure)}`;
  return [
    ...lines,
    `  version ${version} met the champion on ${evaluation.rows.toLocaleString('en')} rows of June ${end}`,
    ...metricLines(evaluation),
    ...gateLines(evaluation),
    `  report ${evaluation.reportUrl}`,
  ];
}

function evaluationOf({ tenant }: Chapter, version: number): Promise<Evaluation> {
  return tenant.asScientist.get<Evaluation>(`/v1/models/flights/versions/${version}/evaluation`);
}

/** The ones a person looks at first; the report has them all. */
function metricLines({ metrics }: Evaluation): string[] {
  return ['auc', 'f1', 'log_loss', 'ece', 'latency_p95_ms'].flatMap((name) => {
    const metric = metrics[name];
    if (!metric) return [];
    const { value, low, high } = metric;
    if (value === null) return [`    ${name.padEnd(18)} not defined on these rows`];
    const interval = low === undefined || high === undefined ? '' : `   95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}`;
    return [`    ${name.padEnd(18)} ${value.toFixed(4)}${interval}`];
  });
}

function gateLines({ gates }: Evaluation): string[] {
  return gates.map(({ gate, passed, reason }) => `    ${passed ? 'passed ' : 'refused'} ${gate}: ${reason}`);
}

/** Everything but the training job's own process and its place in line, the time a person had the decision, and the time that the canary baked. */
export function overheadSeconds({ execution, approvalMs, rolloutMs }: Pick<Followed, 'execution' | 'approvalMs' | 'rolloutMs'>): number {
  const total = Date.parse(execution.endedAt ?? '') - Date.parse(execution.createdAt);
  // A job that was not run again, because its result is recorded, took nothing of this execution.
  const job = execution.steps.find(({ step, status }) => step === 'train' && status === 'succeeded');
  const { training, waiting } = job?.output?.seconds ?? { training: 0 };
  return (total - approvalMs - rolloutMs) / 1000 - (training ?? 0) - (waiting ?? 0);
}

/** ROC-AUC as the share of (late, punctual) pairs in the right order, ties counted half (Mann and Whitney, 1947). */
export function rankAuc(rows: readonly { readonly score: number; readonly late: boolean }[]): number {
  const sorted = [...rows].sort((a, b) => a.score - b.score);
  let late = 0;
  let punctualBelow = 0;
  let pairs = 0;
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    let lateHere = 0;
    for (; end < sorted.length && sorted[end]?.score === sorted[at]?.score; end++) if (sorted[end]?.late) lateHere++;
    const punctualHere = end - at - lateHere;
    pairs += lateHere * (punctualBelow + punctualHere / 2);
    late += lateHere;
    punctualBelow += punctualHere;
    at = end;
  }
  return pairs / (late * punctualBelow);
}

function curl(baseUrl: string, chapter: Chapter | undefined): string[] {
  if (!chapter) return [];
  const { slug } = chapter.tenant;
  const token = `$${slug.toUpperCase().replaceAll('-', '_')}_TOKEN`;
  const headers = `-H "Authorization: Bearer ${token}" -H "Sluice-Tenant: ${slug}"`;
  const row =
    '{"rows":[{"eventTime":"2001-06-29T18:30:00Z","features":{"date":"2001-06-29T18:30:00Z","distance":612,"origin":"ORD","destination":"DCA"}}]}';
  return [
    '\nTry it (after pasting the token lines above)',
    `  curl -s ${headers} ${baseUrl}/v1/models/flights/health`,
    `  curl -s ${headers} -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' -d '${row}' ${baseUrl}/v1/models/flights/predictions`,
  ];
}
