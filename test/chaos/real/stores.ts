import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, ListQueuesCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Db, MongoClient } from 'mongodb';
import pg from 'pg';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { type Postgres, postgresPool } from '#adapters/postgres/pool.ts';
import { s3Evidence } from '#adapters/s3/evidence.ts';
import type { Evidence } from '#core/audit/index.ts';
import type { Routing } from '#core/serving/index.ts';
import type { Region } from '../../../local/region.ts';
import type { DeployedApp } from '../../../setup/deployed-app.ts';
import { tableNamed } from '../../support/table-named.ts';
import type { Query } from '../invariants/finding.ts';

/** Everything that keeps something, reached directly: past the API, past the functions, as who sees every tenant. */
export interface Stores {
  readonly query: Query;
  /** The same database as the tables' owner, whom row-level security binds. */
  readonly owner: Postgres;
  readonly evidence: Evidence;
  readonly mongo: Db;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly routing: Pick<Routing, 'read'>;
  /** Keys of the bells that hang. */
  bells(): Promise<readonly string[]>;
  /** Messages that wait or are being handled, by queue. */
  queued(): Promise<readonly { readonly queue: string; readonly messages: number }[]>;
  /** Names of executions of state machines that run. */
  running(): Promise<readonly string[]>;
  /** Has what a dead consumer was about handed out again soon, and not after the minutes that a stage gives it. */
  hurryQueues(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Those that wait, that are being handled, and that come later. */
const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'] as const;

/** @param folder the region's data, where it keeps the password of Postgres */
export async function openStores(folder: string, region: Region, { aws, outputs }: DeployedApp): Promise<Stores> {
  const password = (await readFile(join(folder, 'postgres-password'), 'utf8')).trim();
  const { host, port, database } = region.postgres;
  const pool = new pg.Pool({ host, port, database, user: 'postgres', password, max: 2, connectionTimeoutMillis: 5_000 });
  pool.on('error', () => undefined);
  const { user: username, password: ownersPassword } = region.postgres;
  const owner = postgresPool({ host, port, dbname: database, username, password: ownersPassword, ssl: 'disable' });
  const client = new MongoClient(region.mongo.uri, { serverSelectionTimeoutMS: 5_000 });
  const s3 = new S3Client({ ...aws, forcePathStyle: true });
  const dynamo = new DynamoDBClient(aws);
  const sqs = new SQSClient(aws);
  const sfn = new SFNClient(aws);
  const queueUrls = async () => (await sqs.send(new ListQueuesCommand({ MaxResults: 1000 }))).QueueUrls ?? [];
  const bucketNamed = async (word: string) => {
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    const name = Buckets.find(({ Name }) => Name?.includes(word))?.Name;
    if (name === undefined) throw new Error(`no bucket has ${word} in its name, of ${Buckets.map(({ Name }) => Name).join(', ')}`);
    return name;
  };
  const bellTable = await tableNamed(dynamo, 'Bell');

  return {
    async query(text, values = []) {
      return (await pool.query(text, [...values])).rows;
    },
    mongo: client.db(region.mongo.database),
    owner,
    evidence: s3Evidence(s3, await bucketNamed('evidence')),
    s3,
    bucket: outputs.DataBucketName,
    routing: dynamoRouting(dynamo, await tableNamed(dynamo, 'Routing')),
    async bells() {
      const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: bellTable }));
      return Items.map(({ pk }) => pk?.S ?? '');
    },
    async queued() {
      const urls = await queueUrls();
      return Promise.all(
        urls.map(async (QueueUrl) => {
          const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] }));
          const messages = COUNTS.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
          return { queue: QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1), messages };
        }),
      );
    },
    async running() {
      const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
      const lists = stateMachines.map(async ({ stateMachineArn }) => {
        const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
        return executions.map(({ name }) => `${stateMachineArn?.slice(stateMachineArn.lastIndexOf(':') + 1)} ${name}`);
      });
      return (await Promise.all(lists)).flat();
    },
    async hurryQueues(seconds) {
      for (const QueueUrl of await queueUrls())
        await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: String(seconds) } }));
    },
    async close() {
      await Promise.all([pool.end(), owner.destroy(), client.close()]);
      for (const each of [s3, dynamo, sqs, sfn]) each.destroy();
    },
  };
}
