import type { Chapter, Told } from './story.ts';

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

/** What a person wants to see at the end: how good, why it passed, how long, and where to look next. */
export async function summary({ app, chapters, timings }: Told, seconds: number): Promise<string> {
  const parts = await Promise.all(chapters.map((chapter) => ofChapter(chapter)));
  const slowest = [...timings].map(([title, spent]) => `  ${title.padEnd(52)} ${spent.toFixed(1).padStart(7)} s`);
  const tokens = await Promise.all(
    chapters.map(async ({ tenant }) => `  ${tenant.slug.toUpperCase().replaceAll('-', '_')}_TOKEN=${await tenant.scientist.token()}`),
  );
  return [
    ...parts,
    `\nTimings (${seconds.toFixed(0)} s in all)`,
    ...slowest,
    `\nAPI documentation  ${app.baseUrl}/docs`,
    '\nTokens, good for an hour',
    ...tokens,
    ...curl(app.baseUrl, chapters[0]),
  ].join('\n');
}

async function ofChapter({ tenant, trained, datasetRows, replay, labels }: Chapter): Promise<string> {
  const evaluation = await tenant.asScientist.get<Evaluation>(`/v1/models/flights/versions/${trained.version}/evaluation`);
  const metrics = shown(evaluation.metrics).map(([name, { value, low, high }]) =>
    value === null
      ? `  ${name.padEnd(18)} not defined on these rows`
      : low === undefined || high === undefined
        ? `  ${name.padEnd(18)} ${value.toFixed(4)}`
        : `  ${name.padEnd(18)} ${value.toFixed(4)}   95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}`,
  );
  const gates = evaluation.gates.map(({ gate, passed, reason }) => `  ${passed ? 'passed ' : 'refused'} ${gate}: ${reason}`);
  return [
    `\n${tenant.slug}: model flights version ${trained.version} is live`,
    `  trained on ${datasetRows.toLocaleString('en')} rows of January to March, judged on ${evaluation.rows.toLocaleString('en')} that the job never saw`,
    ...metrics,
    ...gates,
    `  on April's first ${replay.predictions.length.toLocaleString('en')} flights: ROC-AUC ${rankAuc(replay.predictions).toFixed(4)}; labels ${Object.entries(
      labels,
    )
      .map(([status, count]) => `${count} ${status}`)
      .join(', ')}`,
    trained.isResumed
      ? '  this execution was begun by an earlier run, and finished now'
      : `  overhead of the control plane in this execution: ${overheadSeconds(trained).toFixed(1)} s`,
    `  report ${evaluation.reportUrl}`,
  ].join('\n');
}

/** The ones a person looks at first; the report has them all. */
function shown(metrics: Evaluation['metrics']): (readonly [string, Metric])[] {
  return ['auc', 'f1', 'log_loss', 'ece', 'latency_p95_ms'].flatMap((name) => (metrics[name] ? [[name, metrics[name]] as const] : []));
}

/** Everything but the training job's own process and the time a person had the decision. */
export function overheadSeconds({ execution, approvalMs }: Pick<Chapter['trained'], 'execution' | 'approvalMs'>): number {
  const total = Date.parse(execution.endedAt ?? '') - Date.parse(execution.createdAt);
  // A job that was not run again, because its result is recorded, took nothing of this execution.
  const job = execution.steps.find(({ step, status }) => step === 'train' && status === 'succeeded');
  return (total - approvalMs) / 1000 - (job?.output?.seconds?.training ?? 0);
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
  const row = '{"rows":[{"features":{"date":"2001-04-01T18:30:00Z","distance":612,"origin":"ORD","destination":"DCA"}}]}';
  return [
    '\nTry it (after pasting the token lines above)',
    `  curl -s ${headers} ${baseUrl}/v1/models`,
    `  curl -s ${headers} -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' -d '${row}' ${baseUrl}/v1/models/flights/predictions`,
  ];
}
