import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe } from 'vitest';
import { dynamoBell, rungFrom } from '#adapters/dynamodb/bell.ts';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { s3DownloadUrl } from '#adapters/s3/download-url.ts';
import { s3Uploads } from '#adapters/s3/uploads.ts';
import { S3_OPTIONS } from '#functions/control/control-handlers.ts';
import { startAws, type TestAws } from '../support/aws.ts';
import { bellContract } from './bell-contract.ts';
import { membershipsContract } from './memberships-contract.ts';
import { routingContract } from './routing-contract.ts';
import { uploadsContract } from './uploads-contract.ts';

let aws: TestAws;
let dynamo: DynamoDBClient;
let s3: S3Client;

beforeAll(async () => {
  aws = await startAws();
  dynamo = new DynamoDBClient(aws.config);
  s3 = new S3Client({ ...aws.config, ...S3_OPTIONS });
});
afterAll(async () => {
  dynamo?.destroy();
  s3?.destroy();
  await aws?.stop();
});

async function newTable(...keys: readonly string[]): Promise<string> {
  const TableName = `table-${randomUUID()}`;
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    }),
  );
  return TableName;
}

describe('in DynamoDB', () => {
  routingContract(async () => dynamoRouting(dynamo, await newTable('pk', 'sk')));
  membershipsContract(async () => dynamoMemberships(dynamo, await newTable('pk', 'sk')));
  bellContract(async () => {
    const table = await newTable('pk');
    const rung = async () => ((await dynamo.send(new ScanCommand({ TableName: table }))).Items ?? []).map(rungFrom);
    return { bell: dynamoBell(dynamo, table), rung };
  });
});

describe('in S3', () => {
  uploadsContract(async () => {
    const bucket = `bucket-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    return { uploads: s3Uploads(s3, bucket), downloadUrl: s3DownloadUrl(s3, bucket) };
  });
});
