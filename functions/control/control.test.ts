import { createHash, randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { controlRoutes } from '#api/control-routes.ts';
import type { Context, Role } from '#core/kernel/index.ts';
import { registerVersion } from '#core/registry/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { keys } from '#functions/_stores/keys.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { newExecution } from '../../test/support/new-execution.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type Given, type HttpHandler, routeCaller } from '../../test/support/route-caller.ts';
import { controlHandlers, S3_OPTIONS } from './control-handlers.ts';

let aws: TestAws;
let postgres: TestPostgres;
let plane: ControlPlane;
let s3: S3Client;
const checked: string[] = [];
let bellIsBroken = false;
const instanceTypes = ['ml.m5.large', 'ml.m5.xlarge'];
let handler: HttpHandler;

beforeAll(async () => {
  [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  s3 = new S3Client({ ...aws.config, ...S3_OPTIONS });
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  handler = serve(controlRoutes, controlHandlers({ plane, bell: { ringToCheck }, s3, bucket: 'data', instanceTypes }), {
    name: 'control',
  }) as HttpHandler;
});
afterAll(() => Promise.all([postgres.stop(), aws.stop()]));

type Operation = keyof typeof controlRoutes;

function caller(tenant: { readonly id: string; readonly slug: string }, roles: readonly Role[], principal = 'ada') {
  return routeCaller(controlRoutes, () => handler, { tenant, roles, principal });
}

async function ringToCheck(execution: string): Promise<void> {
  if (bellIsBroken) throw new Error('DynamoDB is away');
  checked.push(execution);
}

const PIPELINE = `
pipeline: delays
dataset: delays
schema:
  distance: { type: integer }
  date: { type: datetime }
  late: { type: boolean, role: target }
split: { by: time, column: date, shares: { train: 0.6, validation: 0.2, test: 0.2 } }
training: { algorithm: gradient_boosting }
gates:
  - { metric: auc, atLeast: 0.6 }
deployment: { model: delays }
`;

const rows = Buffer.from('PAR1 some rows PAR1');
const sha256 = createHash('sha256').update(rows).digest('hex');

async function uploaded(as: ReturnType<typeof caller>): Promise<void> {
  const { body } = await as('createUpload', { body: { kind: 'dataset', sha256, bytes: rows.length } });
  const stored = await fetch(body.url, { method: 'PUT', headers: body.headers, body: rows });
  expect(stored.status).toBe(200);
}

describe('the control plane', () => {
  it('takes rows from a presigned upload to a numbered version, once', async () => {
    const as = caller(await postgres.newTenant(), ['scientist']);
    const create = { path: { dataset: 'flights' }, body: { sha256, format: 'parquet' }, headers: { 'idempotency-key': 'k' } };
    expect(await as('createDatasetVersion', create)).toMatchObject({ status: 409, body: { type: '/problems/upload_missing' } });
    await uploaded(as);
    expect((await as('createUpload', { body: { kind: 'dataset', sha256, bytes: rows.length } })).body.alreadyThere).toBe(true);
    const [made, ...again] = await Promise.all([as('createDatasetVersion', create), as('createDatasetVersion', create)]);
    expect(made).toMatchObject({ status: 201, body: { dataset: 'flights', number: 1, bytes: rows.length } });
    expect(again.map(({ status, body }) => ({ status, body }))).toEqual([{ status: 201, body: made.body }]);
    const other = { ...create, path: { dataset: 'other' } };
    expect(await as('createDatasetVersion', other)).toMatchObject({ status: 422, body: { type: '/problems/idempotency_key_reused' } });
    expect((await as('listDatasetVersions', { path: { dataset: 'flights' } })).body).toEqual({ items: [made.body] });
    expect((await as('findDatasetVersion', { path: { dataset: 'flights', version: '1' } })).body).toEqual(made.body);
  });

  it('refuses a second execution while one is open, and has the open one looked at', async () => {
    const as = caller(await postgres.newTenant(), ['scientist']);
    await uploaded(as);
    await as('createDatasetVersion', { path: { dataset: 'delays' }, body: { sha256, format: 'parquet' } });
    expect(await as('putPipeline', { path: { pipeline: 'delays' }, body: { source: PIPELINE } })).toMatchObject({ status: 200 });
    const start = () => as('startExecution', { path: { pipeline: 'delays' }, body: {} });
    const first = await start();
    expect(first).toMatchObject({ status: 202, body: { status: 'queued' } });
    expect(checked).toEqual([]);
    const refused = { status: 409, body: { type: '/problems/execution_running', execution: first.body.id } };
    expect(await start()).toMatchObject(refused);
    expect(checked).toEqual([first.body.id]);
    bellIsBroken = true;
    expect(await start()).toMatchObject(refused);
    bellIsBroken = false;
  });

  it('refuses an instance type of which the stage does not approve, also when it approved once', async () => {
    const as = caller(await postgres.newTenant(), ['scientist']);
    const put = (instanceType: string) =>
      as('putPipeline', {
        path: { pipeline: 'delays' },
        body: { source: PIPELINE.replace('gradient_boosting }', `gradient_boosting, instanceType: ${instanceType} }`) },
      });
    expect(await put('ml.m5.xlarge')).toMatchObject({ status: 200 });
    expect(await put('ml.p5.48xlarge')).toMatchObject({
      status: 422,
      body: {
        type: '/problems/pipeline_invalid',
        issues: [{ path: 'training.instanceType', message: expect.stringContaining('ml.m5.large') }],
      },
    });
    instanceTypes.pop();
    expect(await as('startExecution', { path: { pipeline: 'delays' }, body: {} })).toMatchObject({
      status: 422,
      body: { issues: [{ path: 'training.instanceType', suggestion: 'ml.m5.large' }] },
    });
    instanceTypes.push('ml.m5.xlarge');
  });

  it('pages through a list without gap or repetition', async () => {
    const as = caller(await postgres.newTenant(), ['scientist']);
    await uploaded(as);
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const dataset of names) await as('createDatasetVersion', { path: { dataset }, body: { sha256, format: 'parquet' } });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { body } = await as('listDatasets', { query: { limit: '2', ...(cursor ? { cursor } : {}) } });
      seen.push(...body.items.map(({ name }: { name: string }) => name));
      cursor = body.next;
      if (!cursor) break;
    }
    expect(seen).toEqual(names);
    for (const cursor of ['nonsense', Buffer.from('{"number":"1"}').toString('base64url')]) {
      expect(await as('listDatasets', { query: { cursor } })).toMatchObject({ status: 400, body: { type: '/problems/cursor_invalid' } });
    }
    expect((await as('listDatasets', { query: { limit: '201' } })).status).toBe(400);
  });

  it("answers another tenant's ids exactly like ids that do not exist", async () => {
    const [mine, theirs] = [caller(await postgres.newTenant(), ['scientist']), caller(await postgres.newTenant(), ['scientist'])];
    await uploaded(theirs);
    await theirs('createDatasetVersion', { path: { dataset: 'flights' }, body: { sha256, format: 'parquet' } });
    const ask = async (dataset: string) => {
      const { status, body } = await mine('findDatasetVersion', { path: { dataset, version: '1' } });
      const { instance: _, id, ...rest } = body;
      return { status, ...rest, id: id.replace(dataset, '…') };
    };
    expect(await ask('flights')).toEqual(await ask('nothing'));
    // The same content: the other tenant's upload does not count as one of mine.
    expect(await mine('createDatasetVersion', { path: { dataset: 'flights' }, body: { sha256, format: 'parquet' } })).toMatchObject({
      status: 409,
    });
  });

  it.each<[Operation, Given, readonly Role[]]>([
    ['createUpload', { body: { kind: 'dataset', sha256, bytes: 1 } }, ['viewer', 'approver', 'admin']],
    ['setAlias', { path: { model: 'm', alias: 'a' }, body: { version: 1 } }, ['viewer', 'operator', 'approver', 'admin']],
    [
      'decideApproval',
      { path: { approval: randomUUID() }, body: { decision: 'approved', comment: 'x' } },
      ['viewer', 'scientist', 'operator', 'admin'],
    ],
    ['startExecution', { path: { pipeline: 'p' }, body: {} }, ['viewer', 'approver', 'admin']],
  ])('lets nobody %s without its permission', async (operation, given, roles) => {
    const tenant = await postgres.newTenant();
    for (const role of roles) {
      expect(await caller(tenant, [role])(operation, given)).toMatchObject({ status: 403, body: { type: '/problems/permission_missing' } });
    }
  });

  it('answers 404 for everything that is not there', async () => {
    const as = caller(await postgres.newTenant(), ['scientist', 'approver', 'admin']);
    const id = randomUUID();
    const asked: [Operation, Given][] = [
      ['findModel', { path: { model: 'm' } }],
      ['findModelVersion', { path: { model: 'm', version: '1' } }],
      ['listModelArtifacts', { path: { model: 'm', version: '1' } }],
      ['setAlias', { path: { model: 'm', alias: 'a' }, body: { version: 1 } }],
      ['setModelTags', { path: { model: 'm' }, body: { tags: {} } }],
      ['findApproval', { path: { approval: id } }],
      ['decideApproval', { path: { approval: id }, body: { decision: 'approved', comment: 'x' } }],
      ['findExecution', { path: { execution: id } }],
      ['findPipeline', { path: { pipeline: 'p' } }],
      ['startExecution', { path: { pipeline: 'p' }, body: {} }],
    ];
    for (const [operation, given] of asked) {
      expect(await as(operation, given), operation).toMatchObject({ status: 404, body: { type: '/problems/not_found' } });
    }
    for (const list of ['listModels', 'listApprovals', 'listExecutions', 'listPipelines'] as const) {
      expect(await as(list), list).toMatchObject({ status: 200, body: { items: [] } });
    }
  });

  it('shows the files of an execution and of its model as addresses, never as keys', async () => {
    const tenant = await postgres.newTenant();
    const as = caller(tenant, ['scientist', 'approver'], 'grace');
    const ctx: Context = { tenant: tenant.id, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
    const execution = await plane.write(ctx, {}, (tx) => newExecution(tx, ctx));
    const put = async (Key: string, text: string) => {
      const ChecksumSHA256 = createHash('sha256').update(text).digest('base64');
      await s3.send(new PutObjectCommand({ Bucket: 'data', Key, Body: text, ChecksumSHA256 }));
      return Key;
    };
    const textAt = async (url: string) => (await fetch(url)).text();
    const begin = (step: string, inputHash: string) =>
      plane.write(ctx, {}, (tx) => tx.steps.begin({ execution, step, inputHash }, ctx.now));
    const [refused, passed] = ['a'.repeat(64), 'b'.repeat(64)] as const;

    const quality = await put(keys.qualityReport(tenant.id, refused), 'why');
    await put(keys.quarantine(tenant.id, refused), 'which rows');
    const { attempt } = await begin('validate', refused);
    const failure = { code: 'quality_failed', issues: [] };
    await plane.write(ctx, {}, (tx) => tx.steps.fail({ execution, step: 'validate', attempt, status: 'refused', failure }, ctx.now));
    await begin('validate', passed);
    const output = { rows: 3, reportKey: quality, quarantineKey: null, parts: [{ key: quality, bytes: 1 }] };
    await plane.write(ctx, {}, (tx) =>
      tx.steps.succeed({ execution, step: 'validate', attempt: attempt + 1, inputHash: passed, output }, ctx.now),
    );
    const { body } = await as('findExecution', { path: { execution } });
    const [first, second] = body.steps;
    expect([await textAt(first.reportUrl), await textAt(first.quarantineUrl)]).toEqual(['why', 'which rows']);
    expect(second).toMatchObject({ output: { rows: 3, quarantineKey: null, parts: [{ bytes: 1 }] }, quarantineUrl: null });
    expect(await textAt(second.reportUrl)).toBe('why');
    expect(JSON.stringify(second.output)).not.toContain('tenants/');

    const { id: approval } = await plane.write(ctx, {}, (tx) =>
      tx.approvals.request(
        {
          execution,
          requestedFor: 'model/m/versions/1 to production',
          author: 'ada',
          evidence: { model: 'm', reportKey: quality },
          policyVersion: 0,
          expiresAt: new Date(Date.now() + 60_000),
          taskToken: 'token',
        },
        ctx.now,
      ),
    );
    const decision = { path: { approval }, body: { decision: 'approved', comment: 'good' }, headers: { 'idempotency-key': 'once' } };
    const approvals = [
      (await as('findApproval', { path: { approval } })).body,
      (await as('listApprovals')).body.items[0],
      (await as('decideApproval', decision)).body,
      (await as('decideApproval', decision)).body,
    ];
    for (const { evidence } of approvals) {
      expect(evidence).toEqual({ model: 'm', reportUrl: expect.any(String) });
      expect(await textAt(evidence.reportUrl)).toBe('why');
    }

    const [artifactKey, signatureKey] = await Promise.all(
      ['model.onnx', 'signature.json'].map((name) => put(keys.artifact(tenant.id, 'c'.repeat(64), name), name)),
    );
    await plane.write(ctx, {}, (tx) =>
      registerVersion(tx, ctx, {
        model: 'm',
        runId: null,
        executionId: execution,
        datasetVersionId: null,
        evaluationId: null,
        artifactKey: artifactKey ?? '',
        artifactSha256: 'c'.repeat(64),
        artifactBytes: 10,
        signatureKey: signatureKey ?? '',
        profileKey: null,
        trainingKey: null,
        signature: {},
      }),
    );
    const { artifacts } = (await as('listModelArtifacts', { path: { model: 'm', version: '1' } })).body;
    expect(artifacts).toMatchObject([
      { name: 'model.onnx', bytes: 10, sha256: createHash('sha256').update('model.onnx').digest('hex') },
      { name: 'signature.json', bytes: 14 },
    ]);
    for (const { name, url } of artifacts) expect(await textAt(url)).toBe(name);
    const version = { path: { model: 'm', version: '1' } };
    const tag = (team: string, seen?: string) =>
      as('setModelVersionTags', { ...version, body: { tags: { team } }, ...(seen ? { headers: { 'if-match': seen } } : {}) });
    const seen = (await as('findModelVersion', version)).headers['etag'] ?? '';
    expect(await tag('a', seen)).toMatchObject({ status: 200, body: { revision: 2, tags: { team: 'a' } }, headers: { etag: '"2"' } });
    expect(await tag('b', seen)).toMatchObject({ status: 412, body: { type: '/problems/moved_meanwhile', revision: 2 } });
    expect(await tag('a')).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(await as('findModelVersion', version)).toMatchObject({ body: { tags: { team: 'a' } }, headers: { etag: '"2"' } });

    const other = caller(await postgres.newTenant(), ['scientist']);
    expect((await other('listModelArtifacts', { path: { model: 'm', version: '1' } })).status).toBe(404);
  });

  it('says who one is, and describes itself', async () => {
    const as = caller(await postgres.newTenant(), ['admin'], 'boss');
    expect((await as('me')).body).toMatchObject({ principal: 'boss', kind: 'user', roles: ['admin'] });
    expect((await as('health')).body).toEqual({ status: 'ok' });
  });
});
