import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe } from 'vitest';
import { withDuckDB } from '#adapters/duckdb/database.ts';
import { dynamoBell, rungFrom } from '#adapters/dynamodb/bell.ts';
import { dynamoDueRuns } from '#adapters/dynamodb/due-runs.ts';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { s3DownloadUrl } from '#adapters/s3/download-url.ts';
import { type ObjectStore, s3ObjectStore } from '#adapters/s3/object-store.ts';
import { s3PredictionFiles } from '#adapters/s3/prediction-files.ts';
import { s3Uploads } from '#adapters/s3/uploads.ts';
import { sqsPredictionQueue } from '#adapters/sqs/prediction-queue.ts';
import type { PredictionMessage } from '#core/serving/index.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import { S3_OPTIONS } from '#functions/control/control-handlers.ts';
import { parquetArchive } from '#functions/log-predictions/parquet-archive.ts';
import { startAws, type TestAws } from '../support/aws.ts';
import { newTable } from '../support/new-table.ts';
import { bellContract } from './bell-contract.ts';
import { dueRunsContract } from './due-runs-contract.ts';
import { membershipsContract } from './memberships-contract.ts';
import { objectStoreContract } from './object-store-contract.ts';
import { predictionArchiveContract } from './prediction-archive-contract.ts';
import { predictionFilesContract } from './prediction-files-contract.ts';
import { predictionQueueContract } from './prediction-queue-contract.ts';
import { routingContract } from './routing-contract.ts';
import { uploadsContract } from './uploads-contract.ts';

let aws: TestAws;
let dynamo: DynamoDBClient;
let s3: S3Client;
let sqs: SQSClient;

beforeAll(async () => {
  aws = await startAws();
  dynamo = new DynamoDBClient(aws.config);
  s3 = new S3Client({ ...aws.config, ...S3_OPTIONS });
  sqs = new SQSClient(aws.config);
});
afterAll(async () => {
  dynamo?.destroy();
  s3?.destroy();
  sqs?.destroy();
  await aws?.stop();
});

async function newBucket(): Promise<string> {
  const Bucket = `bucket-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

/** The ids in one Parquet file of the bucket. */
function idsOf(store: ObjectStore, key: string): Promise<readonly string[] | undefined> {
  return withScratch(async (folder) => {
    const file = join(folder, 'read.parquet');
    if (!(await store.download(key, file))) return undefined;
    return withDuckDB({ folder, memoryMb: 64, threads: 1 }, async (connection) =>
      (await connection.runAndReadAll(`select id from read_parquet('${file}') order by id`))
        .getRowObjectsJson()
        .map(({ id }) => String(id)),
    );
  });
}

async function drain(QueueUrl: string): Promise<readonly PredictionMessage[]> {
  const all: PredictionMessage[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return all;
    all.push(...Messages.map(({ Body = '' }): PredictionMessage => JSON.parse(Body)));
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

describe('in DynamoDB', () => {
  routingContract(async () => dynamoRouting(dynamo, await newTable(dynamo, ['pk', 'sk'])));
  membershipsContract(async () => dynamoMemberships(dynamo, await newTable(dynamo, ['pk', 'sk'])));
  dueRunsContract(async () => dynamoDueRuns(dynamo, await newTable(dynamo, ['pk'])));
  bellContract(async () => {
    const table = await newTable(dynamo, ['pk']);
    const rung = async () => ((await dynamo.send(new ScanCommand({ TableName: table }))).Items ?? []).map(rungFrom);
    return { bell: dynamoBell(dynamo, table), rung };
  });
});

describe('in S3', () => {
  uploadsContract(async () => {
    const bucket = await newBucket();
    return { uploads: s3Uploads(s3, bucket), downloadUrl: s3DownloadUrl(s3, bucket) };
  });
  objectStoreContract(async () => s3ObjectStore(s3, await newBucket()));
  predictionFilesContract(async () => {
    const bucket = await newBucket();
    const store = s3ObjectStore(s3, bucket);
    return { files: s3PredictionFiles(s3, bucket), put: async (key) => void (await store.put(key, 'rows', 'text/plain')) };
  });
  predictionArchiveContract(async () => {
    const store = s3ObjectStore(s3, await newBucket());
    return { archive: parquetArchive(store), idsIn: (key) => idsOf(store, key) };
  });
});

describe('in SQS', () => {
  predictionQueueContract(async () => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `queue-${randomUUID()}` }));
    return { queue: sqsPredictionQueue(sqs, QueueUrl), received: () => drain(QueueUrl) };
  });
});
