import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { mongoCalls } from '#adapters/mongo/calls.ts';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import { dataBucketFrom } from '#functions/_stores/data-bucket-from.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { parseTraceparent, telemetry } from '#functions/_telemetry/telemetry.ts';
import { type LogPorts, logBatch } from './log-batch.ts';
import { parquetArchive } from './parquet-archive.ts';
import { tracesOf } from './traces-of.ts';

const connect = mongoFrom(process.env);
const ports: LogPorts = {
  calls: mongoCalls(connect),
  log: mongoPredictionLog(connect, () => new Date()),
  archive: parquetArchive(dataBucketFrom(process.env)),
  now: () => new Date(),
};
const { logger, metrics, traced, flush } = telemetry('log-predictions', process.env);

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const traces = tracesOf(Records);
  // A span has one parent; a delivery of several calls is linked to all of them instead.
  const parent = traces.length === 1 ? traces[0] : undefined;
  const { rows, files, failed, left } = await traced('log-predictions', parent, 'consumer', (span) => {
    for (const context of parent ? [] : traces.map(parseTraceparent)) if (context) span.addLink({ context });
    return logBatch(ports, Records);
  });
  for (const [messageId, error] of failed) logger.error('message not logged', { messageId, error: error as Error });
  for (const error of left) logger.warn('what an earlier delivery left is still open', { error: error as Error });
  logger.info('batch', { messages: Records.length, rows, files, failed: failed.size });
  metrics.singleMetric().addMetric('loggedRows', 'Count', rows);
  await flush();
  return { batchItemFailures: [...failed.keys()].map((itemIdentifier) => ({ itemIdentifier })) };
}
