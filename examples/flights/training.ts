import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, type Client } from './client.ts';
import type { ParquetFile } from './rows.ts';
import type { Tenant } from './tenants.ts';
import type { Traffic } from './traffic.ts';

const PIPELINE = 'flights';
const POLL_MS = 300;
const EXECUTION_LIMIT_MS = 15 * 60_000;
/** An execution of an earlier run that says nothing new for so long may have gone down with its region: whoever starts another has it looked at. */
const POKE_EVERY_MS = 20_000;

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
  /** Of the step `train`: how long the job's own process took, and how long it stood in line for this machine. */
  readonly output?: { readonly seconds?: { readonly training: number | null; readonly waiting?: number | null } } | null;
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

/** An execution that has ended, and what of its time was not the control plane's. */
export interface Followed {
  readonly execution: Execution;
  /** How long a person had it to decide. */
  readonly approvalMs: number;
  /** How long the rollout baked and was judged. */
  readonly rolloutMs: number;
  /** Begun by an earlier run of the story that was broken off. */
  readonly isResumed: boolean;
}

/**
 * Starts the pipeline, tries the author's own approval (which must be refused), has the second user approve, sends traffic while
 * the canary bakes, waits for the end. An execution that an earlier run left behind is followed to its end first; when that one
 * failed, a new one takes its recorded steps.
 */
export async function trainAndGoLive(
  tenant: Tenant,
  pipelineSource: string,
  dataset: DatasetVersion,
  traffic: Traffic,
  say: (line: string) => void,
): Promise<Followed> {
  await tenant.asScientist.put(`/v1/pipelines/${PIPELINE}`, { source: pipelineSource });
  for (;;) {
    const { id, isResumed } = await startOrResume(tenant.asScientist, dataset);
    const followed = await followExecution(tenant, id, traffic, say, isResumed ? dataset : undefined);
    if (followed.execution.status === 'succeeded') return { ...followed, isResumed };
    const { status, failure } = followed.execution;
    if (!isResumed) throw new Error(`execution ${id} of ${tenant.slug} ended as ${status}: ${JSON.stringify(failure)}`);
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

/**
 * Decides what a person has to decide, and sends traffic while the rollout bakes, until the execution has ended.
 *
 * @param poke the dataset to ask for once more when an earlier run's execution stands still
 */
export async function followExecution(
  tenant: Tenant,
  id: string,
  traffic: Traffic,
  say: (line: string) => void,
  poke?: DatasetVersion,
): Promise<Omit<Followed, 'isResumed'>> {
  const until = Date.now() + EXECUTION_LIMIT_MS;
  let approvalMs = 0;
  let isDecided = false;
  let rollingSince: number | undefined;
  let poked = Date.now();
  const over = new AbortController();
  let gentle: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      const execution = await tenant.asScientist.get<Execution>(`/v1/executions/${id}`);
      say(`${tenant.slug}: ${describe(execution)}`);
      if (execution.endedAt) return { execution, approvalMs, rolloutMs: rollingSince === undefined ? 0 : Date.now() - rollingSince };
      if (execution.status === 'awaiting_approval' && execution.approval && !isDecided) {
        const askedAt = Date.now();
        await decide(tenant, execution.approval);
        approvalMs = Date.now() - askedAt;
        isDecided = true;
      }
      if (execution.status === 'rolling_out' && rollingSince === undefined) {
        rollingSince = Date.now();
        gentle = traffic.gently(() => over.signal.aborted);
        gentle.catch(() => over.abort());
      }
      if (poke && Date.now() - poked > POKE_EVERY_MS) {
        poked = Date.now();
        await startOrResume(tenant.asScientist, poke);
      }
      if (Date.now() > until)
        throw new Error(`execution ${id} of ${tenant.slug} is still ${execution.status} after ${EXECUTION_LIMIT_MS / 60_000} minutes`);
      await sleep(POLL_MS);
    }
  } finally {
    over.abort();
    await gentle;
  }
}

async function decide({ asScientist, asApprover, slug }: Tenant, approval: string): Promise<void> {
  const problemOf = (decision: Promise<unknown>) =>
    decision.then(
      () => undefined,
      (error: unknown) => (error instanceof ApiProblem ? error.code : Promise.reject(error)),
    );
  const path = `/v1/approvals/${approval}/decisions`;
  const { author } = await asScientist.get<{ author: string }>(`/v1/approvals/${approval}`);
  // A retraining has no person for its author.
  if (!author.startsWith('system:')) {
    const own = await problemOf(asScientist.post(path, { decision: 'approved', comment: 'My own work is fine.' }));
    // An earlier run may have been broken off between the decision and the end.
    if (own === 'approval_decided') return;
    if (own !== 'approval_by_author') throw new Error(`the author's own approval in ${slug} was answered with ${own ?? 'yes'}`);
  }
  const decided = await problemOf(asApprover.post(path, { decision: 'approved', comment: 'The intervals hold; go.' }));
  if (decided !== undefined && decided !== 'approval_decided') throw new Error(`the approval in ${slug} was answered with ${decided}`);
}

function describe({ status, steps }: Execution): string {
  const last = steps.at(-1);
  return last && status === 'running' ? `${status}: ${last.step} ${last.status}` : status;
}
