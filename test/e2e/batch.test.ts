import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiProblem } from '../../examples/flights/client.ts';
import { openTenant, type Tenant } from '../../examples/flights/tenants.ts';
import type { Execution } from '../../examples/flights/training.ts';
import { GOOD_ROWS, madeRows, smallPipeline } from './rows.ts';

interface Batch {
  readonly id: string;
  readonly version: number;
  readonly status: string;
  readonly parts: number | null;
  readonly rows: number | null;
  readonly badRows: number | null;
  readonly outputUrl: string | null;
  readonly badRowsUrl: string | null;
  readonly failure: Readonly<Record<string, unknown>> | null;
  readonly endedAt: string | null;
}

const MODEL = 'small';
const app = inject('app');
let folder: string;
let tenant: Tenant;
let stranger: Tenant;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-batch-'));
  [tenant, stranger] = await Promise.all([
    openTenant(app, 'steady', `${inject('prefix')}batch`),
    openTenant(app, 'steady', `${inject('prefix')}batch-other`),
  ]);
  const rows = await madeRows(folder, 'train', GOOD_ROWS);
  await upload(tenant, 'dataset', await readFile(rows.path));
  await tenant.asScientist.post('/v1/datasets/small/versions', { sha256: rows.sha256, format: 'parquet' });
  await tenant.asScientist.put(`/v1/pipelines/${MODEL}`, { source: smallPipeline() });
  const { id } = await tenant.asScientist.post<{ id: string }>(`/v1/pipelines/${MODEL}/executions`, {});
  const ended = await until(() => tenant.asScientist.get<Execution>(`/v1/executions/${id}`));
  expect(ended.status, JSON.stringify(ended.failure)).toBe('succeeded');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function until<T extends { readonly endedAt: string | null }>(look: () => Promise<T>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen.endedAt) return seen;
    await sleep(300);
  }
}

async function upload({ asService, asScientist }: Tenant, kind: 'dataset' | 'batch', content: Buffer): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const as = kind === 'batch' ? asService : asScientist;
  const target = await as.post<{ url: string; headers: Record<string, string>; alreadyThere: boolean }>('/v1/uploads', {
    kind,
    sha256,
    bytes: content.byteLength,
  });
  if (!target.alreadyThere) expect((await fetch(target.url, { method: 'PUT', headers: target.headers, body: content })).status).toBe(200);
  return sha256;
}

async function order(content: Buffer | string, format: 'parquet' | 'csv'): Promise<Batch> {
  const sha256 = await upload(tenant, 'batch', Buffer.from(content));
  const { id } = await tenant.asService.post<Batch>(`/v1/models/${MODEL}/batches`, { sha256, format });
  return until(() => tenant.asService.get<Batch>(`/v1/batches/${id}`));
}

/** Rows of a Parquet that an address of the API gives out. */
async function download(url: string | null): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await fetch(url ?? '');
  expect(answer.status).toBe(200);
  const file = join(folder, 'downloaded.parquet');
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    return (await connection.runAndReadAll(`select * from read_parquet('${file}')`)).getRowObjectsJson();
  } finally {
    connection.closeSync();
  }
}

async function refusal(call: Promise<unknown>): Promise<ApiProblem> {
  const error = await call.then(
    (answer) => expect.unreachable(`was accepted: ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiProblem);
  return error as ApiProblem;
}

describe('a batch', () => {
  it('of a Parquet of several parts has one answer for each row, the one that the API gives', async () => {
    const count = 120_000;
    const projection = `i as id, (u * 100)::integer as size, case when v < 0.5 then 'red' else 'blue' end as colour, 'let be' as note`;
    const { path } = await madeRows(folder, 'input', projection, count);
    const batch = await order(await readFile(path), 'parquet');
    expect(batch, JSON.stringify(batch.failure)).toMatchObject({
      status: 'succeeded',
      version: 1,
      parts: 3,
      rows: count,
      badRows: 0,
      badRowsUrl: null,
    });
    const answers = await download(batch.outputUrl);
    expect(answers.length).toBe(count);
    expect(answers.every(({ row, id, status }, at) => row === String(at) && id === String(at) && status === 'scored')).toBe(true);

    const csv = 'size,colour\n99,red\n3,blue\n';
    const [first, second] = await download((await order(csv, 'csv')).outputUrl);
    const live = await tenant.asService.post<{ predictions: { label: boolean; score: number }[] }>(`/v1/models/${MODEL}/predictions`, {
      rows: [{ features: { size: 99, colour: 'red' } }, { features: { size: 3, colour: 'blue' } }],
    });
    expect([first, second].map((answer) => ({ label: answer?.['label'], score: answer?.['score'] }))).toEqual(
      live.predictions.map(({ label, score }) => ({ label, score })),
    );
  });

  it('of a CSV with bad rows keeps them apart, with reasons', async () => {
    const batch = await order('id,size,colour\na,99,red\nb,big,red\nc,,\n', 'csv');
    expect(batch, JSON.stringify(batch.failure)).toMatchObject({ status: 'succeeded', rows: 3, badRows: 2 });
    const answers = await download(batch.outputUrl);
    expect(answers.map(({ id, status }) => `${id} ${status}`)).toEqual(['a scored', 'b bad', 'c bad']);
    const reasons = await download(batch.badRowsUrl);
    expect(reasons.map(({ row, feature, problem }) => `${row} ${feature} ${problem}`)).toEqual([
      '1 size wrong_type',
      '2 size missing',
      '2 colour missing',
    ]);
  });

  it('can be had once more from the same file, and is nothing to another tenant', async () => {
    const content = 'size,colour\n50,blue\n';
    const [first, second] = [await order(content, 'csv'), await order(content, 'csv')];
    expect([first.status, second.status]).toEqual(['succeeded', 'succeeded']);
    expect(await download(second.outputUrl)).toEqual(await download(first.outputUrl));
    const sha256 = createHash('sha256').update(content).digest('hex');
    const theirs = await Promise.all([
      refusal(stranger.asService.get(`/v1/batches/${first.id}`)),
      refusal(stranger.asService.get(`/v1/models/${MODEL}/batches`)),
      refusal(stranger.asService.post(`/v1/models/${MODEL}/batches`, { sha256, format: 'csv' })),
    ]);
    expect(theirs.map(({ code }) => code)).toEqual(['not_found', 'not_found', 'upload_missing']);
    expect((await refusal(tenant.asService.post(`/v1/models/${MODEL}/batches`, { sha256, format: 'csv', version: 7 }))).code).toBe(
      'not_found',
    );
  });
});
