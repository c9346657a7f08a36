import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from '../../../examples/flights/client.ts';
import type { Tenant } from '../../../examples/flights/tenants.ts';
import type { Execution } from '../../../examples/flights/training.ts';
import { GOOD_ROWS, madeRows, smallPipeline } from '../../e2e/rows.ts';
import type { Actor } from './actor.ts';
import { stubbornly } from './stubbornly.ts';

export const MODEL = 'small';
const DATASET = 'small';
const LOOK_MS = 400;
/** Longer than anything here takes with every retry: what is not over by then is for the invariants to judge. */
const FOLLOW_MS = 240_000;
const LEAST_ROWS = 800;

/** Two shares of a few seconds each, so that a rollout is often under way when something dies. */
const CANARY = `strategy: canary, canary: { steps: [{ share: 0.5, bakeMinutes: 0.04 }, { share: 1, bakeMinutes: 0.04 }], minRows: 1, minCalls: 1,
  patienceMinutes: 0.5, limits: { errorRate: 0.9, latencyP95Ms: 30000, latencyRatio: 1000, predictionDrift: 100 } }`;
export const PIPELINE = smallPipeline({ approval: '{ required: true }', deployment: CANARY });

/** A scientist: new rows, an execution, and so on to its end. Every third time the rows are those of before, so that recorded steps are taken again. */
export function learner({ tenant, ledger, folder, say, counter }: Actor): () => Promise<void> {
  const { asScientist, slug } = tenant;
  let dataset = 0;
  return async () => {
    const turn = counter('learn');
    await stubbornly(() => asScientist.put(`/v1/pipelines/${MODEL}`, { source: PIPELINE }));
    if (dataset === 0 || turn % 3 !== 0) dataset = await registerRows(turn);
    const key = `execution-${turn}`;
    const started = await stubbornly(() =>
      asScientist.post<{ id: string }>(`/v1/pipelines/${MODEL}/executions`, { datasetVersion: dataset }, { idempotencyKey: key }),
    ).then((it) => ({ id: it.id, isOurs: true }), executionInTheWay);
    if (started.isOurs) ledger.add({ tenant: slug, kind: 'execution', id: started.id });
    await follow(started.id);
  };

  async function registerRows(turn: number): Promise<number> {
    const rows = await madeRows(folder, `${slug}-${turn}`, GOOD_ROWS, LEAST_ROWS + turn);
    const content = await readFile(rows.path);
    const sha256 = await upload(tenant, 'dataset', content);
    const { number } = await stubbornly(() =>
      asScientist.post<{ number: number }>(
        `/v1/datasets/${DATASET}/versions`,
        { sha256, format: 'parquet' },
        { idempotencyKey: `dataset-${turn}` },
      ),
    );
    ledger.add({ tenant: slug, kind: 'dataset_version', dataset: DATASET, number, sha256 });
    return number;
  }

  async function follow(id: string): Promise<void> {
    const until = Date.now() + FOLLOW_MS;
    while (Date.now() < until) {
      const execution = await stubbornly(() => asScientist.get<Execution>(`/v1/executions/${id}`));
      if (execution.endedAt) return say(`execution ${id} ${execution.status} ${String(execution.failure?.['code'] ?? '')}`);
      await sleep(LOOK_MS);
    }
    say(`execution ${id} has not ended`);
  }
}

/** A retraining, or an execution of before the run was broken off, is followed instead. */
export function executionInTheWay(error: unknown): { readonly id: string; readonly isOurs: false } {
  if (error instanceof ApiProblem && error.code === 'execution_running') return { id: String(error.problem['execution']), isOurs: false };
  throw error;
}

export async function upload({ asScientist, asService }: Tenant, kind: 'dataset' | 'batch', content: Buffer): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  await stubbornly(async () => {
    const target = await (kind === 'batch' ? asService : asScientist).post<{
      url: string;
      headers: Record<string, string>;
      alreadyThere: boolean;
    }>('/v1/uploads', { kind, sha256, bytes: content.byteLength });
    if (target.alreadyThere) return;
    const stored = await fetch(target.url, { method: 'PUT', headers: target.headers, body: new Uint8Array(content) });
    if (!stored.ok) throw new ApiProblem('upload', stored.status, { detail: await stored.text() });
  });
  return sha256;
}
