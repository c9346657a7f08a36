import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from './log-tail.ts';

const GROUP = '/aws/sagemaker/TrainingJobs';
// PutLogEvents takes 1 MiB, counting 26 bytes beside each message, and 10,000 events; a message has at most 256 KiB.
const BATCH_BYTES = 1_000_000;
const BATCH_EVENTS = 10_000;
const EVENT_OVERHEAD_BYTES = 26;
const MESSAGE_CHARACTERS = 60_000;

export interface LogStream {
  /** Sends the lines in order. A log that cannot be sent never fails the job: its file stays beside the job's record. */
  put(lines: readonly LogLine[]): Promise<void>;
}

/** The job's stream in CloudWatch Logs, named `<job>/algo-1-<epoch seconds>` as SageMaker names it; made at the first line. */
export function cloudWatchLogStream(client: CloudWatchLogsClient, job: string, createdAt: number, say: (line: string) => void): LogStream {
  const stream = `${job}/algo-1-${Math.floor(createdAt)}`;
  let made = false;
  const make = async () => {
    await unlessThere(client.send(new CreateLogGroupCommand({ logGroupName: GROUP })));
    await unlessThere(client.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: stream })));
    made = true;
  };
  return {
    async put(lines) {
      if (lines.length === 0) return;
      try {
        if (!made) await make();
        for (const batch of inBatches(lines)) {
          const logEvents = batch.map(({ text, at }) => ({ timestamp: at, message: text }));
          await client.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: stream, logEvents }));
        }
      } catch (error) {
        say(`${lines.length} log lines of ${job} could not be sent to CloudWatch Logs: ${(error as Error).message}`);
      }
    },
  };
}

async function unlessThere(made: Promise<unknown>): Promise<void> {
  await made.catch((error: unknown) => {
    if (!(error instanceof ResourceAlreadyExistsException)) throw error;
  });
}

/** CloudWatch Logs refuses empty messages and large batches. */
export function inBatches(lines: readonly LogLine[]): readonly (readonly LogLine[])[] {
  const batches: LogLine[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const { text, at } of lines) {
    if (text === '') continue;
    const line = { text: text.slice(0, MESSAGE_CHARACTERS), at };
    const size = Buffer.byteLength(line.text) + EVENT_OVERHEAD_BYTES;
    const last = batches.at(-1);
    if (!last || bytes + size > BATCH_BYTES || last.length === BATCH_EVENTS) {
      batches.push([line]);
      bytes = size;
    } else {
      last.push(line);
      bytes += size;
    }
  }
  return batches;
}
