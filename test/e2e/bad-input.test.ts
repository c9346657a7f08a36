import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiProblem, apiClient } from '../../examples/flights/client.ts';
import { openTenant, type Tenant } from '../../examples/flights/tenants.ts';
import type { Execution } from '../../examples/flights/training.ts';
import { GOOD_ROWS, madeRows, smallPipeline } from './rows.ts';

const app = inject('app');
let folder: string;
let tenant: Tenant;
let stranger: Tenant;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-bad-input-'));
  tenant = await openTenant(app, 'steady', `${inject('prefix')}bad`);
  stranger = await openTenant(app, 'steady', `${inject('prefix')}stranger`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function upload(kind: 'dataset' | 'source', content: Buffer): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const target = await tenant.asScientist.post<{ url: string; headers: Record<string, string>; alreadyThere: boolean }>('/v1/uploads', {
    kind,
    sha256,
    bytes: content.byteLength,
  });
  if (!target.alreadyThere) {
    const stored = await fetch(target.url, { method: 'PUT', headers: target.headers, body: content });
    expect(stored.status, await stored.text()).toBe(200);
  }
  return sha256;
}

async function dataset(projection: string, name = 'small'): Promise<number> {
  const file = await madeRows(folder, createHash('sha256').update(projection).digest('hex').slice(0, 12), projection);
  const sha256 = await upload('dataset', await readFile(file.path));
  return (await tenant.asScientist.post<{ number: number }>(`/v1/datasets/${name}/versions`, { sha256, format: 'parquet' })).number;
}

async function script(text: string): Promise<string> {
  const tar = pack();
  tar.entry({ name: 'own.py', mtime: new Date(0) }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const sha256 = await upload('source', gzipSync(Buffer.concat(chunks)));
  return `{ source: { sha256: ${sha256}, entryPoint: own.py } }`;
}

async function run(pipeline: string, datasetVersion: number, name: string): Promise<Execution> {
  await tenant.asScientist.put(`/v1/pipelines/${name}`, { source: pipeline });
  const { id } = await tenant.asScientist.post<{ id: string }>(`/v1/pipelines/${name}/executions`, { datasetVersion });
  for (;;) {
    const execution = await tenant.asScientist.get<Execution>(`/v1/executions/${id}`);
    if (execution.endedAt || execution.status === 'awaiting_approval') return execution;
    await sleep(300);
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

describe('an execution that cannot succeed says why and leaves no model', () => {
  const WRONG_TYPE = GOOD_ROWS.replace('(u * 100)::integer as size', `'x' || i as size`);
  const FIVE_PERCENT = GOOD_ROWS.replace('(u * 100)::integer as size', 'case when u < 0.05 then null else (u * 100)::integer end as size');
  it.each([
    { name: 'a dataset with a wrong schema', rows: WRONG_TYPE, pipeline: {}, status: 'failed', code: 'schema_mismatch', says: 'size' },
    { name: 'a column with 5 % missing', rows: FIVE_PERCENT, pipeline: {}, status: 'failed', code: 'quality_failed', says: 'size' },
    {
      name: 'a gate that fails',
      rows: GOOD_ROWS,
      pipeline: { gates: '[{ metric: auc, atLeast: 0.9999 }]' },
      status: 'refused',
      code: 'gate_failed',
      says: 'auc',
    },
    {
      name: 'a script that raises',
      rows: GOOD_ROWS,
      script: `raise RuntimeError('the moon is full')`,
      status: 'failed',
      code: 'training_failed',
      says: 'the moon is full',
    },
    {
      name: 'a script that writes no model',
      rows: GOOD_ROWS,
      script: `print('done')`,
      status: 'failed',
      code: 'model_missing',
      says: 'model',
    },
    {
      name: 'a pickle in place of a model',
      rows: GOOD_ROWS,
      script: `import os, pickle\npickle.dump({'a': 1}, open(os.path.join(os.environ['SM_MODEL_DIR'], 'model.onnx'), 'wb'))\nopen(os.path.join(os.environ['SM_MODEL_DIR'], 'signature.json'), 'w').write('{}')`,
      status: 'failed',
      code: 'model_not_onnx',
      says: 'pickle',
    },
  ])('$name', async ({ name, rows, pipeline, script: text, status, code, says }) => {
    const pipelineName = name.replace(/[^a-z]+/g, '-').replace(/^-|-$/g, '');
    const training = text === undefined ? {} : { training: await script(text) };
    const execution = await run(smallPipeline({ ...pipeline, ...training, name: pipelineName }), await dataset(rows), pipelineName);
    expect({ status: execution.status, code: execution.failure?.['code'] }, JSON.stringify(execution.failure)).toEqual({ status, code });
    expect(JSON.stringify(execution.failure)).toContain(says);
    expect(execution.model).toBeNull();
    expect((await refusal(tenant.asScientist.get(`/v1/models/${pipelineName}/versions/1`))).status).toBe(404);
  });
});

describe('a live model', () => {
  const MODEL = 'small';
  let execution: Execution;
  const predictions = (rows: readonly object[]) =>
    tenant.asService.post(`/v1/models/${MODEL}/predictions`, { rows: rows.map((features) => ({ features })) });

  beforeAll(async () => {
    execution = await run(smallPipeline(), await dataset(GOOD_ROWS), MODEL);
    expect(execution.status, JSON.stringify(execution.failure)).toBe('succeeded');
  });

  it('answers a good row', async () => {
    expect(await predictions([{ size: 99, colour: 'red' }])).toMatchObject({ version: 1, predictions: [{ label: true }] });
  });

  it.each([
    { name: 'a missing feature', features: { size: 1 }, problem: 'missing', feature: 'colour' },
    { name: 'an extra feature', features: { size: 1, colour: 'red', color: 'red' }, problem: 'unknown', feature: 'color' },
    { name: 'a mistyped feature', features: { size: 'big', colour: 'red' }, problem: 'wrong_type', feature: 'size' },
  ])('refuses $name and names it', async ({ features, problem, feature }) => {
    const refused = await refusal(predictions([{ size: 1, colour: 'red' }, features]));
    expect(refused).toMatchObject({ status: 400, code: 'features_invalid' });
    expect(refused.problem['issues']).toContainEqual(expect.objectContaining({ row: 1, feature, problem }));
  });

  it('does not exist for another tenant, by any id', async () => {
    for (const path of [`/v1/executions/${execution.id}`, `/v1/models/${MODEL}`, `/v1/models/${MODEL}/versions/1`]) {
      const theirs = await refusal(stranger.asScientist.get(path));
      const nowhere = await refusal(stranger.asScientist.get(path.replace(execution.id, '01890000-0000-7000-8000-000000000000')));
      expect([theirs.status, theirs.code]).toEqual([404, nowhere.code]);
    }
    expect((await refusal(stranger.asService.post(`/v1/models/${MODEL}/predictions`, { rows: [{ features: {} }] }))).status).toBe(404);
  });
});

describe('a caller', () => {
  const call = (token: string, slug = tenant.slug) => apiClient(app.baseUrl, slug, async () => token).get('/v1/models');
  const tampered = (token: string) => {
    const [head, body, signature = ''] = token.split('.');
    return [head, body, signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`].join('.');
  };
  const unsigned = (token: string) => `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${token.split('.')[1]}.`;

  it('with a forged, unsigned or empty token is not let in', async () => {
    const token = await tenant.scientist.token();
    for (const forged of [tampered(token), unsigned(token), 'nonsense']) expect([401, 403]).toContain((await refusal(call(forged))).status);
  });

  it('who is no member of the tenant gets nothing of it', async () => {
    expect(await refusal(call(await stranger.scientist.token()))).toMatchObject({ status: 403, code: 'not_a_member' });
  });

  it('who sends the same POST twice gets the same answer, and another body under the key is refused', async () => {
    const sha256 = await upload('dataset', await readFile((await madeRows(folder, 'twice', GOOD_ROWS, 500)).path));
    const other = await upload('dataset', await readFile((await madeRows(folder, 'other', GOOD_ROWS, 600)).path));
    const post = (content: string) =>
      tenant.asScientist.post(
        '/v1/datasets/twice/versions',
        { sha256: content, format: 'parquet' },
        { idempotencyKey: 'once-and-for-all' },
      );
    const first = await post(sha256);
    expect(await post(sha256)).toEqual(first);
    for (const again of await Promise.all([post(sha256), post(sha256), post(sha256)])) expect(again).toEqual(first);
    expect((await refusal(post(other))).code).toBe('idempotency_key_reused');
    expect(await tenant.asScientist.get('/v1/datasets/twice/versions')).toMatchObject({ items: [{ number: 1 }] });
  });

  it('who uploads other bytes than announced is refused', async () => {
    const announced = Buffer.from('what was announced');
    const sha256 = createHash('sha256').update(announced).digest('hex');
    const target = await tenant.asScientist.post<{ url: string; headers: Record<string, string> }>('/v1/uploads', {
      kind: 'dataset',
      sha256,
      bytes: announced.byteLength,
    });
    await writeFile(join(folder, 'other.bin'), 'what was sent here');
    await fetch(target.url, { method: 'PUT', headers: target.headers, body: 'what was sent here' });
    const registered = tenant.asScientist.post<{ number: number }>('/v1/datasets/other/versions', { sha256, format: 'parquet' });
    expect(['upload_missing', 'upload_mismatch']).toContain((await refusal(registered)).code);
  });
});

describe('a pipeline.yaml with mistakes', () => {
  it('is refused with line, column and a suggestion', async () => {
    const source = smallPipeline().replace('dataset: small', 'datset: small');
    const refused = await refusal(tenant.asScientist.put('/v1/pipelines/small', { source }));
    expect(refused.code).toBe('pipeline_invalid');
    expect(refused.problem['issues']).toContainEqual(expect.objectContaining({ line: 3, suggestion: expect.stringContaining('dataset') }));
  });
});

describe('an approval', () => {
  it('is never the author’s own, and counts once', async () => {
    const { asApprover } = tenant;
    const name = 'needs-approval';
    await tenant.asScientist.put(`/v1/pipelines/${name}`, { source: smallPipeline({ name, approval: '{ required: true }' }) });
    const version = await dataset(GOOD_ROWS);
    const { id } = await tenant.asScientist.post<{ id: string }>(`/v1/pipelines/${name}/executions`, { datasetVersion: version });
    const waiting = async () => {
      for (;;) {
        const found = await tenant.asScientist.get<Execution>(`/v1/executions/${id}`);
        if (found.status === 'awaiting_approval' && found.approval) return found.approval;
        expect(found.endedAt, JSON.stringify(found.failure)).toBeNull();
        await sleep(300);
      }
    };
    const approval = await waiting();
    const decide = (as: Tenant['asApprover'], decision: string) =>
      as.post(`/v1/approvals/${approval}/decisions`, { decision, comment: 'checked' });
    expect(await refusal(decide(tenant.asScientist, 'approved'))).toMatchObject({ status: 403, code: 'approval_by_author' });
    expect((await refusal(decide(tenant.asService, 'approved'))).code).toBe('permission_missing');
    await decide(asApprover, 'rejected');
    for (;;) {
      const ended = await tenant.asScientist.get<Execution>(`/v1/executions/${id}`);
      if (ended.endedAt) {
        expect({ status: ended.status, code: ended.failure?.['code'] }).toEqual({ status: 'rejected', code: 'approval_rejected' });
        break;
      }
      await sleep(300);
    }
    expect((await refusal(decide(asApprover, 'approved'))).code).toBe('approval_decided');
  });
});
