import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, type Client } from './client.ts';
import type { ParquetFile } from './rows.ts';
import type { Tenant } from './tenants.ts';

const PIPELINE = 'flights';
const POLL_MS = 300;
const EXECUTION_LIMIT_MS = 15 * 60_000;

export interface DatasetVersion {
  readonly number: number;
}

/** Uploads by a presigned URL unless the content is already there, then registers the version. */
export async function registerDataset({ asScientist }: Tenant, file: ParquetFile): Promise<DatasetVersion> {
  const upload = await asScientist.post<{ url: string; headers: Record<string, string>; alreadyThere: boolean }>('/v1/uploads', {
    kind: 'dataset',
    sha256: file.sha256,
    bytes: file.bytes,
  });
  if (!upload.alreadyThere) {
    const stored = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: await readFile(file.path) });
    if (!stored.ok) throw new Error(`upload of ${file.path} → ${stored.status} ${await stored.text()}`);
  }
  return asScientist.post('/v1/datasets/flights/versions', { sha256: file.sha256, format: 'parquet' });
}

export interface Step {
  readonly step: string;
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Of the step `train`: how long the job's own process took. */
  readonly output?: { readonly seconds?: { readonly training: number | null } } | null;
}

export interface Execution {
  readonly id: string;
  readonly status: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly failure: Readonly<Record<string, unknown>> | null;
  readonly approval: string | null;
  readonly model: { readonly name: string; readonly version: number } | null;
  readonly steps: readonly Step[];
}

export interface TrainedModel {
  readonly execution: Execution;
  readonly version: number;
  /** How long a person had it to decide; not the control plane's time. */
  readonly approvalMs: number;
  /** Begun by an earlier run of the story that was broken off. */
  readonly isResumed: boolean;
}

/**
 * Starts the pipeline, tries the author's own approval (which must be refused), has the second user approve, waits for the end.
 * An execution that an earlier run left behind is followed to its end first; when that one failed, a new one takes its recorded steps.
 */
export async function trainAndApprove(
  tenant: Tenant,
  pipelineSource: string,
  dataset: DatasetVersion,
  say: (line: string) => void,
): Promise<TrainedModel> {
  await tenant.asScientist.put(`/v1/pipelines/${PIPELINE}`, { source: pipelineSource });
  for (;;) {
    const { id, isResumed } = await startOrResume(tenant.asScientist, dataset);
    const { execution, approvalMs } = await follow(tenant, id, say);
    if (execution.status === 'succeeded' && execution.model) return { execution, version: execution.model.version, approvalMs, isResumed };
    if (!isResumed) throw new Error(`execution ${id} of ${tenant.slug} ended as ${execution.status}: ${JSON.stringify(execution.failure)}`);
  }
}

async function startOrResume(asScientist: Client, dataset: DatasetVersion): Promise<{ id: string; isResumed: boolean }> {
  try {
    const started = await asScientist.post<{ id: string }>(`/v1/pipelines/${PIPELINE}/executions`, { datasetVersion: dataset.number });
    return { id: started.id, isResumed: false };
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'execution_running') throw error;
    return { id: String(error.problem['execution']), isResumed: true };
  }
}

async function follow(tenant: Tenant, id: string, say: (line: string) => void): Promise<{ execution: Execution; approvalMs: number }> {
  const until = Date.now() + EXECUTION_LIMIT_MS;
  let approvalMs = 0;
  let decided = false;
  for (;;) {
    const execution = await tenant.asScientist.get<Execution>(`/v1/executions/${id}`);
    say(describe(execution));
    if (execution.endedAt) return { execution, approvalMs };
    if (execution.status === 'awaiting_approval' && execution.approval && !decided) {
      const askedAt = Date.now();
      await decide(tenant, execution.approval);
      approvalMs = Date.now() - askedAt;
      decided = true;
    }
    if (Date.now() > until)
      throw new Error(`execution ${id} of ${tenant.slug} is still ${execution.status} after ${EXECUTION_LIMIT_MS / 60_000} minutes`);
    await sleep(POLL_MS);
  }
}

async function decide({ asScientist, asApprover }: Tenant, approval: string): Promise<void> {
  const problemOf = (decision: Promise<unknown>) =>
    decision.then(
      () => undefined,
      (error: unknown) => (error instanceof ApiProblem ? error.code : Promise.reject(error)),
    );
  const path = `/v1/approvals/${approval}/decisions`;
  const own = await problemOf(asScientist.post(path, { decision: 'approved', comment: 'My own work is fine.' }));
  // An earlier run may have been broken off between the decision and the end.
  if (own === 'approval_decided') return;
  if (own !== 'approval_by_author') throw new Error(`the author's own approval was answered with ${own ?? 'yes'}`);
  await asApprover.post(path, { decision: 'approved', comment: 'The intervals hold; go.' });
}

function describe({ status, steps }: Execution): string {
  const last = steps.at(-1);
  return last && status !== 'awaiting_approval' ? `${status}: ${last.step} ${last.status}` : status;
}
