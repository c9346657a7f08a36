import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { mongoStore } from '#adapters/mongo/mongo-store.ts';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import { s3ObjectStore } from '#adapters/s3/object-store.ts';
import type { SettlePorts } from '#core/serving/index.ts';
import { telemetry } from '#functions/_telemetry/telemetry.ts';
import { logBatch } from './log-batch.ts';
import { parquetArchive } from './parquet-archive.ts';

const { MONGO_SECRET_ARN = '', DATA_BUCKET = '', SSL_CA_FILE, AWS_ENDPOINT_URL } = process.env;
if (!MONGO_SECRET_ARN || !DATA_BUCKET) throw new Error('MONGO_SECRET_ARN and DATA_BUCKET must be set');

const connect = mongoStore({ secrets: new SecretsManagerClient({}), secretArn: MONGO_SECRET_ARN, caFile: SSL_CA_FILE });
const ports: SettlePorts = {
  log: mongoPredictionLog(connect, () => new Date()),
  archive: parquetArchive(s3ObjectStore(new S3Client({ forcePathStyle: AWS_ENDPOINT_URL !== undefined }), DATA_BUCKET)),
};
const { logger, metrics, traced, flush } = telemetry('log-predictions', process.env);

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const { rows, files, failed } = await traced('log-predictions', undefined, 'consumer', () => logBatch(ports, Records));
  for (const [messageId, error] of failed) logger.error('message not logged', { messageId, error: error as Error });
  logger.info('batch', { messages: Records.length, rows, files, failed: failed.size });
  metrics.singleMetric().addMetric('loggedRows', 'Count', rows);
  await flush();
  return { batchItemFailures: [...failed.keys()].map((itemIdentifier) => ({ itemIdentifier })) };
}
