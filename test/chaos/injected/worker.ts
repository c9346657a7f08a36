import { join } from 'node:path';
import process from 'node:process';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { dynamoMemberships } from '../../../adapters/dynamodb/memberships.ts';
import { postgresPool } from '../../../adapters/postgres/pool.ts';
import { ROOT } from '../../support/stores-folder.ts';
import { tarGz } from '../../support/tar-gz.ts';
import { goodModel } from '../../support/training-steps.ts';
import type { Fault } from './faults.ts';
import { datasetFiles } from './made-rows.ts';
import { type PointProps, runPoint } from './point.ts';
import { region } from './region.ts';
import type { WorkerSettings } from './stand.ts';
import { webhookReceiver } from './webhook-receiver.ts';

/** One worker: told its settings, then one point after the other. Its environment is that of the functions. */
export type Told =
  | { readonly settings: WorkerSettings }
  | { readonly point: number; readonly name: string; readonly faults: readonly Fault[] };

async function prepare({ secrets, ownerUrl, mongo, bucket, evidence, tables, queues }: WorkerSettings): Promise<PointProps> {
  const s3 = new S3Client({ forcePathStyle: true });
  const dynamo = new DynamoDBClient();
  const owner = new pg.Client(ownerUrl);
  await owner.connect();
  const db = (await new MongoClient(mongo.uri, { retryWrites: false }).connect()).db(mongo.database);
  const archive = await tarGz(await goodModel());
  const here = region({
    functions: join(ROOT, 'functions'),
    secrets,
    bellTable: tables.bell,
    queues: { sqs: new SQSClient({ useQueueUrlAsEndpoint: false }), urls: queues },
    train: (request) => finishJob(s3, archive, request as TrainingRequest),
  });
  return {
    region: here,
    owner,
    stores: { s3, dynamo, bucket, evidence, db, tables, pool: postgresPool(JSON.parse(secrets.postgres)) },
    receiver: await webhookReceiver(here.faults, here.processes),
    datasets: await datasetFiles(),
    memberships: dynamoMemberships(dynamo, tables.memberships).of,
  };
}

interface TrainingRequest {
  readonly TrainingJobName: string;
  readonly OutputDataConfig: { readonly S3OutputPath: string };
}

/** What SageMaker does, but for the job itself: every job leaves the fixture's model. */
async function finishJob(s3: S3Client, archive: Buffer, { TrainingJobName, OutputDataConfig }: TrainingRequest): Promise<object> {
  const uri = `${OutputDataConfig.S3OutputPath.replace(/\/$/, '')}/${TrainingJobName}/output/model.tar.gz`;
  const [, Bucket = '', Key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: archive }));
  return {
    TrainingJobArn: `arn:aws:sagemaker:us-east-1:000000000000:training-job/${TrainingJobName}`,
    TrainingJobStatus: 'Completed',
    ModelArtifacts: { S3ModelArtifacts: uri },
    FinalMetricDataList: [{ MetricName: 'validation:auc', Value: 0.7, Timestamp: 1_700_000_000 }],
    TrainingTimeInSeconds: 12,
  };
}

let ready: Promise<PointProps> | undefined;
process.on('message', (told: Told) => {
  if ('settings' in told) ready = prepare(told.settings);
  else void answer(told);
});
// A terminal's Ctrl-C reaches this process too: it ends the point that has begun, and is ended by who began it, or when that is gone.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
// A process that was killed may still fail somewhere; nobody is there to hear of it.
process.on('unhandledRejection', () => undefined);

async function answer({ point, name, faults }: Extract<Told, { readonly point: number }>): Promise<void> {
  if (!ready) throw new Error('no settings were told');
  process.send?.({ point, ...(await runPoint(await ready, name, faults)) });
}
