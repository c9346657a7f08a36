import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { dynamoRouting } from '../../adapters/dynamodb/routing.ts';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { s3ObjectStore } from '../../adapters/s3/object-store.ts';
import { yamlDocument } from '../../adapters/yaml/source-document.ts';
import { readPipelineFile } from '../../api/read-pipeline-file.ts';
import type { Context } from '../../core/kernel/index.ts';
import { putPipeline, startExecution } from '../../core/pipelines/index.ts';
import type { Routing } from '../../core/serving/index.ts';
import { serveStep } from '../../functions/_steps/serve-step.ts';
import { serveTask } from '../../functions/_steps/serve-task.ts';
import { sha256 } from '../../functions/_stores/sha256.ts';
import { split } from '../../functions/data-step/split.ts';
import { validate } from '../../functions/data-step/validate.ts';
import { evaluateModel } from '../../functions/evaluate-model/evaluate-model.ts';
import { pipelineSteps } from '../../functions/pipeline-step/steps.ts';
import { rolloutTasks } from '../../functions/rollout-step/tasks.ts';
import { startAws } from './aws.ts';
import { byBucketPolicy } from './by-bucket-policy.ts';
import { newTable } from './new-table.ts';
import { openMachinesIn } from './open-machines.ts';
import { outboxOf } from './outbox-of.ts';
import { startPostgres } from './postgres.ts';
import { ROOT } from './stores-folder.ts';
import { type Entry, tarGz } from './tar-gz.ts';

const BUCKET = 'data';

/** The steps of the training machine on real stores, called in the machine's order by the test; only SageMaker's job is played. */
export async function startTrainingSteps() {
  const [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  const s3 = new S3Client(aws.config);
  const dynamo = new DynamoDBClient(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await newTable(dynamo, ['pk', 'sk'], 'routing');
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-steps-'));
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const objects = s3ObjectStore(byBucketPolicy(s3), BUCKET);
  const routing = dynamoRouting(dynamo, 'routing');
  const openMachines = await openMachinesIn(aws);
  let outage: Error | undefined;
  const fragileRouting: Pick<Routing, 'write'> = {
    async write(entry) {
      if (outage) throw outage;
      return routing.write(entry);
    },
  };
  const size = { memoryMb: 512, threads: 2 };
  const functions = {
    'data-step': serveStep('data-step', plane, {
      validate: validate({ plane, objects, ...size }),
      split: split({ plane, objects, ...size }),
    }),
    'evaluate-model': serveStep('evaluate-model', plane, { evaluate: evaluateModel({ plane, objects, ...size }) }),
    'pipeline-step': serveStep(
      'pipeline-step',
      plane,
      pipelineSteps({
        plane,
        openMachines,
        objects,
        bucket: BUCKET,
        region: 'us-east-1',
        roleArn: 'arn:aws:iam::000000000000:role/training',
        images: { sklearn: 'sklearn' },
        builtinSource: 's3://assets/source.tar.gz',
      }),
    ),
  };

  // Nothing of a version that takes over all at once is judged.
  const rolloutStep = serveTask('rollout', rolloutTasks({ plane, objects, routing: fragileRouting, calls: { ofVersion: async () => [] } }));
  const rolloutTask = (ctx: Context, rollout: unknown, step: string) =>
    rolloutStep({ tenant: ctx.tenant, rollout, step }, { awsRequestId: randomUUID() }) as Promise<{ readonly next: string }>;

  return {
    openMachines,
    plane,
    objects,
    routing,
    rolloutTask,
    newTenant: () => postgres.newTenant(),

    /** From now on writing the routing table fails with this, or works again. */
    breakRouting(error: Error | undefined) {
      outage = error;
    },

    contextOf(tenant: string): Context {
      return { tenant, principal: { id: 'ada', kind: 'user', roles: ['scientist'] }, now: new Date(), requestId: randomUUID() };
    },

    /** Rows made by a query, registered as the next version of dataset `delays`. */
    async addDataset(ctx: Context, query: string) {
      const file = join(folder, `${randomUUID()}.parquet`);
      const database = await DuckDBInstance.create(':memory:');
      const connection = await database.connect();
      await connection.run(`copy (${query}) to '${file}' (format parquet)`);
      connection.closeSync();
      database.closeSync();
      return this.addDatasetFile(ctx, await readFile(file));
    },

    async addDatasetFile(ctx: Context, content: Buffer, digest = createHash('sha256').update(content).digest('hex')) {
      const objectKey = `tenants/${ctx.tenant}/datasets/${digest}.parquet`;
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: objectKey, Body: content }));
      return plane.write(ctx, {}, async (tx) => {
        const { id } = await tx.datasets.lock('delays', ctx.principal.id);
        const version = {
          label: null,
          sha256: digest,
          bytes: content.byteLength,
          format: 'parquet' as const,
          objectKey,
          createdBy: ctx.principal.id,
        };
        return tx.datasets.addVersion(id, version, ctx.now);
      });
    },

    async start(ctx: Context, source: string, environment?: string) {
      const [, pipeline = ''] = /^pipeline: (\S+)$/m.exec(source) ?? [];
      return plane.write(ctx, {}, async (tx) => {
        await putPipeline(tx, ctx, {
          pipeline,
          source,
          sourceSha256: sha256(source),
          definition: readPipelineFile(yamlDocument(source), pipeline),
        });
        return startExecution(tx, ctx, { pipeline, environment });
      });
    },

    /** As if time had passed. */
    passDeadline: (ctx: Context, approval: string) =>
      postgres.asOwnerIn(ctx.tenant, async (client) => {
        await client.query(`update approval set expires_at = now() - interval '1 second' where id = $1`, [approval]);
      }),

    /** What was told of a subject, in order. */
    outbox: (ctx: Context, subject: string) => outboxOf(postgres, ctx.tenant, subject),

    /** One state of the machine. */
    async run(
      fn: keyof typeof functions,
      ctx: Context,
      execution: string,
      step: string,
      more: object = {},
    ): Promise<Readonly<Record<string, unknown>>> {
      return { ...(await functions[fn]({ tenant: ctx.tenant, execution, step, ...more }, { awsRequestId: randomUUID() })) };
    },

    /** An execution up to its training, which is not needed again for the same inputs. */
    async upToTraining(ctx: Context, execution: string) {
      await this.run('data-step', ctx, execution, 'validate');
      await this.run('data-step', ctx, execution, 'split');
      return (await this.run('pipeline-step', ctx, execution, 'plan-training')) as { cached?: boolean; job?: { TrainingJobName: string } };
    },

    /** What the machine does with a job that left these files. */
    async recordTraining(ctx: Context, execution: string, job: string, entries: readonly Entry[]) {
      const { runId } = (await plane.read(ctx, (tx) => tx.executions.find(execution))) ?? {};
      return this.run('pipeline-step', ctx, execution, 'record-training', await this.finishJob(ctx, runId ?? '', job, entries));
    },

    async train(ctx: Context, execution: string, entries: readonly Entry[]) {
      const { job } = await this.upToTraining(ctx, execution);
      return this.recordTraining(ctx, execution, job?.TrainingJobName ?? '', entries);
    },

    /** An execution of rows that are there, up to what its good model is worth; trained once for the same inputs. */
    async upToEvaluation(ctx: Context, source: string, environment?: string) {
      const { id } = await this.start(ctx, source, environment);
      const { cached, job } = await this.upToTraining(ctx, id);
      if (!cached) await this.recordTraining(ctx, id, job?.TrainingJobName ?? '', await goodModel());
      await this.run('evaluate-model', ctx, id, 'evaluate');
      return id;
    },

    /** An execution that asks nobody, up to the version it registers; its pipeline has an environment `alone`. */
    async upToRegister(ctx: Context, source: string): Promise<{ id: string; version: number }> {
      const id = await this.upToEvaluation(ctx, source, 'alone');
      await this.run('pipeline-step', ctx, id, 'gates');
      return { id, ...((await this.run('pipeline-step', ctx, id, 'register')) as { version: number }) };
    },

    /** The state that waits for the rollout, and the rollout's own machine up to its end. */
    async rollOut(ctx: Context, execution: string) {
      const { rollout } = await this.run('pipeline-step', ctx, execution, 'roll-out', { token: randomUUID() });
      let { next } = await rolloutTask(ctx, rollout, 'begin');
      while (next !== 'end') ({ next } = await rolloutTask(ctx, rollout, next === 'roll_back' ? 'roll-back' : next));
      return this.plane.read(ctx, async (tx) => (await tx.rollouts.find(String(rollout)))?.status);
    },

    /** What SageMaker leaves of a job whose model directory held these files. */
    async finishJob(ctx: Context, runId: string, job: string, entries: readonly Entry[]) {
      const archive = await tarGz(entries);
      const Key = `tenants/${ctx.tenant}/runs/${runId}/${job}/output/model.tar.gz`;
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: archive }));
      return {
        job,
        description: {
          TrainingJobStatus: 'Completed',
          ModelArtifacts: { S3ModelArtifacts: `s3://${BUCKET}/${Key}` },
          FinalMetricDataList: [{ MetricName: 'validation:auc', Value: 0.7, Timestamp: 1_700_000_000 }],
          TrainingTimeInSeconds: 12,
          SecondaryStatusTransitions: [
            { Status: 'Pending', StartTime: 1_700_000_000, EndTime: 1_700_000_003 },
            { Status: 'Training', StartTime: 1_700_000_003, EndTime: 1_700_000_015 },
          ],
        },
      };
    },

    async stop() {
      s3.destroy();
      dynamo.destroy();
      await Promise.all([postgres.stop(), aws.stop(), rm(folder, { recursive: true, force: true })]);
    },
  };
}

/** The model directory a good job leaves: a small model of `delays.yaml`'s columns. */
export async function goodModel(): Promise<readonly Entry[]> {
  const fixture = (name: string) => readFile(join(ROOT, 'test', 'fixtures', name));
  return [
    { name: './', type: 'directory' },
    { name: './model.onnx', content: await fixture('delays.onnx') },
    { name: './signature.json', content: await fixture('delays.signature.json') },
    { name: './profile.json', content: '{}' },
    { name: './training.json', content: await fixture('delays.training.json') },
  ];
}
