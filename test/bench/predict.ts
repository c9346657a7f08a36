import { readFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { execaNode } from 'execa';
import { dynamoRouting } from '../../adapters/dynamodb/routing.ts';
import { startAws, type TestAws } from '../support/aws.ts';
import { newTable } from '../support/new-table.ts';

export interface PredictCost {
  readonly rowsPerCall: number;
  readonly calls: number;
  readonly rowsPerSecond: number;
  /** Of the handler's process alone: neither the engine's nor the caller's. */
  readonly cpuMsPerPrediction: number;
  /** How much of that is the SDK and the socket sending the message to the queue. */
  readonly sendingCpuMsPerPrediction: number;
  readonly p95Ms: number;
}

export const BENCH = { tenant: '01900000-0000-7000-8000-000000000001', model: 'flights' } as const;
const ARTIFACTS = `tenants/${BENCH.tenant}/artifacts`;

/**
 * What a prediction with 30 features costs in the handler on a warm model: the handler in a process of its own, with a real
 * routing table, bucket and queue behind it, called one after the other without the edge.
 */
export async function measurePredict(): Promise<readonly PredictCost[]> {
  const aws = await startAws();
  try {
    const queueUrl = await provision(aws.config);
    const env = {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: '000000000000',
      AWS_SECRET_ACCESS_KEY: 'test',
      ROUTING_TABLE: 'routing',
      DATA_BUCKET: 'data',
      PREDICTION_QUEUE_URL: queueUrl,
    };
    // Its log goes where a Lambda's goes, out of the process, but not here.
    const child = execaNode(new URL('predict-calls.ts', import.meta.url), { env, ipc: true, stdout: 'ignore', stderr: 'inherit' });
    const costs = (await child.getOneMessage()) as unknown as readonly PredictCost[];
    await child;
    return costs;
  } finally {
    await aws.stop();
  }
}

async function provision(config: TestAws['config']): Promise<string> {
  const s3 = new S3Client(config);
  const dynamo = new DynamoDBClient(config);
  const sqs = new SQSClient(config);
  const arm = { versionId: 'v', version: 1, artifactKey: `${ARTIFACTS}/a/model.onnx`, signatureKey: `${ARTIFACTS}/b/signature.json` };
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  for (const [Key, file] of [
    [arm.artifactKey, 'thirty.onnx'],
    [arm.signatureKey, 'thirty.signature.json'],
  ] as const) {
    const Body = await readFile(new URL(`../fixtures/${file}`, import.meta.url));
    await s3.send(new PutObjectCommand({ Bucket: 'data', Key, Body }));
  }
  await newTable(dynamo, ['pk', 'sk'], 'routing');
  const entry = { ...BENCH, modelId: 'm', ...arm, revision: 1, unserved: 0, arms: [{ ...arm, weight: 1 }] };
  await dynamoRouting(dynamo, 'routing').write(entry);
  return (await sqs.send(new CreateQueueCommand({ QueueName: 'predictions' }))).QueueUrl ?? '';
}

if (import.meta.main) {
  for (const { rowsPerCall, calls, rowsPerSecond, cpuMsPerPrediction, sendingCpuMsPerPrediction, p95Ms } of await measurePredict())
    console.log(
      `${calls} calls of ${String(rowsPerCall).padStart(3)} rows: ${cpuMsPerPrediction.toFixed(3)} CPU-ms per prediction (${sendingCpuMsPerPrediction.toFixed(3)} of it sending), ` +
        `${Math.round(rowsPerSecond)} rows/s, p95 ${p95Ms.toFixed(1)} ms`,
    );
}
