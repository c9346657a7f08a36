import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { ApiProblem, apiClient, type Client } from '../../../examples/flights/client.ts';
import { identities } from '../../../examples/flights/identities.ts';
import { openTenant } from '../../../examples/flights/tenants.ts';
import type { Execution } from '../../../examples/flights/training.ts';
import type { DeployedApp } from '../../../setup/deployed-app.ts';
import { type Entry, tarGz } from '../../support/tar-gz.ts';
import { GOOD_ROWS, madeRows, smallPipeline } from '../rows.ts';

export type BadInputStand = Awaited<ReturnType<typeof startBadInputStand>>;
/** Notes one case of the catalogue: what is sent in, what is answered or stored, and that nothing is left half-done. */
export type Case = (name: string, test: () => Promise<void>) => void;

export const MODEL = 'small';

/** A tenant whose model `small` is live, trained on good rows, and one that is nobody to it. */
export async function startBadInputStand(app: DeployedApp, prefix: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bad-input-'));
  const [tenant, stranger] = [await openTenant(app, 'steady', `${prefix}bad`), await openTenant(app, 'steady', `${prefix}stranger`)];
  const { asScientist, asService } = tenant;
  const admin = await identities(app).person(`${tenant.slug}-admin`);

  async function upload(kind: 'dataset' | 'source' | 'batch', content: Buffer): Promise<string> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const as = kind === 'batch' ? asService : asScientist;
    const asked = { kind, sha256, bytes: content.byteLength };
    const target = await as.post<{ url: string; headers: Record<string, string>; alreadyThere: boolean }>('/v1/uploads', asked);
    if (!target.alreadyThere) {
      const stored = await fetch(target.url, { method: 'PUT', headers: target.headers, body: content });
      expect(stored.status, await stored.text()).toBe(200);
    }
    return sha256;
  }

  async function datasetFile(content: Buffer): Promise<number> {
    const sha256 = await upload('dataset', content);
    return (await asScientist.post<{ number: number }>('/v1/datasets/small/versions', { sha256, format: 'parquet' })).number;
  }

  async function dataset(projection: string, rows?: number): Promise<number> {
    const name = createHash('sha256').update(`${projection}${rows}`).digest('hex').slice(0, 12);
    return datasetFile(await readFile((await madeRows(folder, name, projection, rows)).path));
  }

  const start = (name: string, datasetVersion: number) =>
    asScientist.post<{ id: string }>(`/v1/pipelines/${name}/executions`, { datasetVersion });

  async function ended(id: string, orAt?: string): Promise<Execution> {
    for (;;) {
      const execution = await asScientist.get<Execution>(`/v1/executions/${id}`);
      if (execution.endedAt || execution.status === orAt) return execution;
      await sleep(300);
    }
  }

  async function run(pipeline: string, datasetVersion: number, name: string): Promise<Execution> {
    await asScientist.put(`/v1/pipelines/${name}`, { source: pipeline });
    return ended((await start(name, datasetVersion)).id);
  }

  const goodRows = await dataset(GOOD_ROWS);
  const live = await run(smallPipeline(), goodRows, MODEL);
  expect(live.status, JSON.stringify(live.failure)).toBe('succeeded');

  return {
    app,
    prefix,
    folder,
    tenant,
    stranger,
    asAdmin: apiClient(app.baseUrl, tenant.slug, admin.token),
    goodRows,
    live,
    upload,
    datasetFile,
    dataset,
    start,
    ended,

    /** The `training` of a pipeline with a script of one's own. */
    async script(entries: readonly Entry[], more = ''): Promise<string> {
      const sha256 = await upload('source', await tarGz(entries));
      return `{ source: { sha256: ${sha256}, entryPoint: own.py }${more} }`;
    },

    predictions: (rows: readonly object[], as: Client = asService) =>
      as.post(`/v1/models/${MODEL}/predictions`, { rows: rows.map((features) => ({ features })) }),

    /** It ended and is whole: no step and no run is open, nobody is asked, no model came of it, and its dataset is still there. */
    async leftNothing({ id }: { readonly id: string }, model: string): Promise<void> {
      const execution = await asScientist.get<Execution & { readonly run: string | null; readonly datasetVersion: number }>(
        `/v1/executions/${id}`,
      );
      expect(execution).toMatchObject({ endedAt: expect.any(String), model: null });
      expect(execution.steps.filter(({ status, endedAt }) => status === 'running' || endedAt === null)).toEqual([]);
      if (execution.run !== null)
        expect(['FAILED', 'FINISHED']).toContain((await asScientist.get<{ status: string }>(`/v1/runs/${execution.run}`)).status);
      if (execution.approval !== null)
        expect((await asScientist.get<{ status: string }>(`/v1/approvals/${execution.approval}`)).status).not.toBe('pending');
      expect((await refusal(asScientist.get(`/v1/models/${model}/versions/1`))).status).toBe(404);
      await asScientist.get(`/v1/datasets/small/versions/${execution.datasetVersion}`);
    },

    /** The next good attempt of the same pipeline goes live. */
    async goodAttempt(name: string): Promise<void> {
      const execution = await run(smallPipeline({ name }), goodRows, name);
      expect({ status: execution.status, model: execution.model }, JSON.stringify(execution.failure)).toEqual({
        status: 'succeeded',
        model: { name, version: 1 },
      });
    },

    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function refusal(call: Promise<unknown>): Promise<ApiProblem> {
  const error = await call.then(
    (answer) => expect.unreachable(`was accepted: ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiProblem);
  return error as ApiProblem;
}
