import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startAws } from '../../support/aws.ts';
import { startMongo } from '../../support/mongo.ts';
import { newTable } from '../../support/new-table.ts';
import { startPostgres } from '../../support/postgres.ts';
import { childEnvironment } from '../../support/stores-folder.ts';
import { RECORDERS, STATE_MACHINES } from './machines.ts';

const BUCKET = 'data';
const EVIDENCE_BUCKET = 'evidence';
const TABLES = { bell: ['pk'], open: ['pk'], due: ['pk'], retained: ['pk'], routing: ['pk', 'sk'], memberships: ['pk', 'sk'] } as const;
const QUEUES = ['predictions', 'events', 'deliveries'] as const;

/** What a worker is told: where the stores are, and which tables and queues are its own. */
export interface WorkerSettings {
  readonly secrets: { readonly postgres: string; readonly mongo: string };
  readonly ownerUrl: string;
  readonly mongo: { readonly uri: string; readonly database: string };
  readonly bucket: string;
  readonly evidence: string;
  readonly tables: Readonly<Record<keyof typeof TABLES, string>>;
  readonly queues: Readonly<Record<(typeof QUEUES)[number], string>>;
}

/** The stores of all workers, and what each is given of them. */
export async function startStand() {
  const [postgres, mongo, aws] = await Promise.all([startPostgres(), startMongo(), startAws()]);
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
  const [s3, dynamo, sqs] = [new S3Client(aws.config), new DynamoDBClient(aws.config), new SQSClient(aws.config)];
  for (const Bucket of [BUCKET, EVIDENCE_BUCKET]) await s3.send(new CreateBucketCommand({ Bucket }));

  /** Tables and queues of a worker's own: a sweep finds the bells of its own loop only. */
  async function newWorker(name: string): Promise<{ readonly settings: WorkerSettings; readonly env: Record<string, string> }> {
    const tables = { bell: '', open: '', due: '', retained: '', routing: '', memberships: '' };
    for (const [table, keys] of Object.entries(TABLES) as [keyof typeof TABLES, readonly string[]][])
      tables[table] = await newTable(dynamo, keys, `${name}-${table}`);
    const queues = { predictions: '', events: '', deliveries: '' };
    for (const queue of QUEUES) queues[queue] = (await sqs.send(new CreateQueueCommand({ QueueName: `${name}-${queue}` }))).QueueUrl ?? '';
    const { host, port, dbname, username, password } = postgres.owner;
    const settings: WorkerSettings = {
      secrets: { postgres: JSON.stringify(postgres.app), mongo: JSON.stringify({ uri: mongo.uri, database: mongo.database }) },
      ownerUrl: `postgres://${username}:${encodeURIComponent(password)}@${host}:${port}/${dbname}`,
      mongo: { uri: mongo.uri, database: mongo.database },
      bucket: BUCKET,
      evidence: EVIDENCE_BUCKET,
      tables,
      queues,
    };
    return { settings, env: environment(settings, aws.endpoint, scratch) };
  }

  return {
    newWorker,
    async stop() {
      for (const client of [s3, dynamo, sqs]) client.destroy();
      await Promise.all([postgres.stop(), mongo.stop(), aws.stop(), rm(scratch, { recursive: true, force: true })]);
    },
  };
}

/** What a deployment says to its functions, all of them in one. */
function environment({ bucket, evidence, tables, queues }: WorkerSettings, endpoint: string, scratch: string): Record<string, string> {
  return {
    ...childEnvironment(),
    TMPDIR: scratch,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: '000000000000',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    POSTGRES_SECRET_ARN: 'postgres',
    MONGO_SECRET_ARN: 'mongo',
    DATA_BUCKET: bucket,
    EVIDENCE_BUCKET: evidence,
    BELL_TABLE: tables.bell,
    OPEN_TABLE: tables.open,
    DUE_TABLE: tables.due,
    RETAINED_TABLE: tables.retained,
    ROUTING_TABLE: tables.routing,
    MEMBERSHIP_TABLE: tables.memberships,
    PREDICTION_QUEUE_URL: queues.predictions,
    DELIVERY_QUEUE_URL: queues.deliveries,
    EVENT_BUS_NAME: 'bus',
    READ_OUTBOX_FUNCTION: 'read-outbox',
    RECORDERS: JSON.stringify(RECORDERS),
    STATE_MACHINES: JSON.stringify(STATE_MACHINES),
    SCHEDULES: JSON.stringify({ group: 'sluice', roleArn: 'role', deadLetterArn: 'missed' }),
    TRAINING_IMAGES: JSON.stringify({ sklearn: 'sklearn' }),
    TRAINING_ROLE_ARN: 'arn:aws:iam::000000000000:role/training',
    TRAINING_INSTANCE_TYPES: 'ml.m5.large',
    BUILTIN_SOURCE_URI: 's3://assets/source.tar.gz',
    WEBHOOK_PRIVATE_ADDRESSES: 'true',
  };
}
