import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { s3DownloadUrl } from '../../adapters/s3/download-url.ts';
import { s3ObjectStore } from '../../adapters/s3/object-store.ts';
import { s3Uploads } from '../../adapters/s3/uploads.ts';
import { batchRoutes } from '../../api/batches.ts';
import { type BatchFormat, batchFiles } from '../../core/batch/index.ts';
import { uploadKey } from '../../core/data/index.ts';
import type { Context, Role } from '../../core/kernel/index.ts';
import { serve } from '../../functions/_http/serve.ts';
import { serveTask } from '../../functions/_steps/serve-task.ts';
import { batchSteps } from '../../functions/batch-step/steps.ts';
import { batchHandlers } from '../../functions/operations/batches.ts';
import { startAws } from './aws.ts';
import { byBucketPolicy } from './by-bucket-policy.ts';
import { outboxOf } from './outbox-of.ts';
import { startPostgres } from './postgres.ts';
import { type HttpHandler, routeCaller } from './route-caller.ts';
import { ROOT } from './stores-folder.ts';

const BUCKET = 'data';

interface Tenant {
  readonly id: string;
  readonly slug: string;
}

/** Batches on real stores: the routes, and the steps of the machine, which the test calls in the machine's order. */
export async function startBatches() {
  const [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  const s3 = new S3Client({ ...aws.config, requestChecksumCalculation: 'WHEN_REQUIRED' });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-batches-'));
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const objects = s3ObjectStore(byBucketPolicy(s3), BUCKET);
  const deps = { plane, objects, memoryMb: 512, threads: 2 };
  const step = serveTask('batch-prediction', batchSteps(deps));
  const http = serve(batchRoutes, batchHandlers({ plane, uploads: s3Uploads(s3, BUCKET), downloadUrl: s3DownloadUrl(s3, BUCKET) }), {
    name: 'operations',
  }) as HttpHandler;
  const contextOf = (tenant: Tenant): Context => ({
    tenant: tenant.id,
    principal: { id: 'ada', kind: 'user', roles: [] },
    now: new Date(),
    requestId: randomUUID(),
  });

  return {
    plane,
    objects,
    contextOf,
    newTenant: () => postgres.newTenant(),

    /** A version of the model `delays` whose files are in the bucket, live when it is the first. */
    async addVersion(tenant: Tenant, isLive = true) {
      const ctx = contextOf(tenant);
      const fixture = (name: string) => readFile(join(ROOT, 'test', 'fixtures', name));
      const [model, signature] = await Promise.all([fixture('delays.onnx'), fixture('delays.signature.json')]);
      const put = (name: string, body: Buffer) => objects.putOnce((sha256) => `tenants/${tenant.id}/artifacts/${sha256}/${name}`, body, '');
      const [artifact, signed] = await Promise.all([put('model.onnx', model), put('signature.json', signature)]);
      return plane.write(ctx, {}, async (tx) => {
        const { id } = await tx.models.lock('delays', 'ada');
        const added = await tx.modelVersions.add(
          id,
          {
            runId: null,
            executionId: null,
            datasetVersionId: null,
            evaluationId: null,
            artifactKey: artifact.key,
            artifactSha256: artifact.sha256,
            artifactBytes: artifact.bytes,
            signatureKey: signed.key,
            profileKey: null,
            trainingKey: null,
            signature: JSON.parse(signature.toString('utf8')),
          },
          'ada',
          ctx.now,
        );
        return isLive ? tx.modelVersions.move(added, { deploymentStatus: 'live' }, ctx.now) : added;
      });
    },

    async upload(tenant: Tenant, content: Buffer | string): Promise<string> {
      const body = Buffer.from(content);
      const sha256 = createHash('sha256').update(body).digest('hex');
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: uploadKey(tenant.id, 'batch', sha256), Body: body }));
      return sha256;
    },

    /** A Parquet made by a query. */
    async parquet(query: string): Promise<Buffer> {
      const file = join(folder, `${randomUUID()}.parquet`);
      await withConnection((connection) => connection.run(`copy (${query}) to '${file}' (format parquet)`));
      return readFile(file);
    },

    /** Rows of a stored Parquet, in its order. */
    async rowsOf(key: string, columns = '*'): Promise<readonly Readonly<Record<string, unknown>>[]> {
      const file = join(folder, `${randomUUID()}.parquet`);
      if (!(await objects.download(key, file))) throw new Error(`there is no ${key}`);
      return withConnection(async (connection) =>
        (await connection.runAndReadAll(`select ${columns} from read_parquet('${file}')`)).getRowObjectsJson(),
      );
    },

    /** One call of the API. */
    async call(
      tenant: Tenant,
      operation: keyof typeof batchRoutes,
      given: {
        readonly path?: Readonly<Record<string, string>>;
        readonly query?: Readonly<Record<string, string>>;
        readonly body?: object;
        readonly roles?: readonly Role[];
        readonly key?: string;
      },
    ) {
      const { roles = ['scientist'], key = randomUUID(), ...asked } = given;
      const call = routeCaller(batchRoutes, () => http, { tenant, roles });
      const { status, body } = await call(operation, { ...asked, headers: { 'idempotency-key': key } });
      return { status, body };
    },

    /** Orders a batch of the model `delays` for this content. */
    async order(tenant: Tenant, content: Buffer | string, format: BatchFormat, version?: number): Promise<string> {
      const sha256 = await this.upload(tenant, content);
      const body = { sha256, format, ...(version === undefined ? {} : { version }) };
      const answer = await this.call(tenant, 'createBatch', { path: { model: 'delays' }, body });
      if (answer.status !== 202) throw new Error(JSON.stringify(answer));
      return answer.body.id;
    },

    /** One state of the machine. */
    async step(tenant: Tenant, batch: string, name: string, more: object = {}): Promise<Readonly<Record<string, unknown>>> {
      return { ...(await step({ tenant: tenant.id, batch, step: name, ...more }, { awsRequestId: randomUUID() })) };
    },

    /** The whole machine, when nothing goes wrong. */
    async run(tenant: Tenant, batch: string) {
      const { parts } = await this.step(tenant, batch, 'plan');
      for (let part = 0; part < Number(parts); part++) await this.step(tenant, batch, 'score', { part });
      await this.step(tenant, batch, 'merge');
      const done = await this.find(tenant, batch);
      return { ...done, files: batchFiles(tenant.id, done) };
    },

    async find(tenant: Tenant, batch: string) {
      const found = await plane.read(contextOf(tenant), (tx) => tx.batches.find(batch));
      if (!found) throw new Error(`there is no batch ${batch}`);
      return found;
    },

    /** What was told of a batch, in order. */
    outbox: (tenant: Tenant, batch: string) => outboxOf(postgres, tenant.id, `batch/${batch}`),

    async stop() {
      s3.destroy();
      await Promise.all([postgres.stop(), aws.stop(), rm(folder, { recursive: true, force: true })]);
    },
  };
}

async function withConnection<Result>(
  use: (connection: Awaited<ReturnType<DuckDBInstance['connect']>>) => Promise<Result>,
): Promise<Result> {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
