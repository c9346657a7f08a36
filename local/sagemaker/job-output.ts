import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogStream } from './log-stream.ts';
import { logTail } from './log-tail.ts';
import { type MetricDefinition, type MetricPoint, metricReader } from './metrics.ts';

export interface JobOutputProps {
  readonly folder: string;
  readonly log: string;
  readonly definitions: readonly MetricDefinition[];
  readonly stream: LogStream;
}

export interface JobOutput {
  /** Takes in what is new in the log. Lines go to their stream in the background, except with `isLast`, which waits. */
  read(isLast?: boolean): Promise<void>;
  metrics(): readonly MetricPoint[];
}

/**
 * What a job prints, on its way to the log stream and into the metrics. An executor that comes back reads the log from its
 * beginning, so that no metric is lost, and sends on only what was not sent before.
 */
export async function jobOutput({ folder, log, definitions, stream }: JobOutputProps): Promise<JobOutput> {
  const sentFile = join(folder, 'log-lines-sent');
  const tail = logTail(log);
  const metricsOf = metricReader(definitions);
  const points: MetricPoint[] = [];
  let alreadySent = Number(await readFile(sentFile, 'utf8').catch(() => '0'));
  let sent = alreadySent;
  let sending = Promise.resolve();
  return {
    metrics: () => points,
    async read(isLast = false) {
      const lines = await tail(isLast);
      points.push(...lines.flatMap(({ text, at }) => metricsOf(text, at / 1000)));
      const fresh = lines.slice(Math.min(alreadySent, lines.length));
      alreadySent -= lines.length - fresh.length;
      if (fresh.length > 0) {
        sent += fresh.length;
        const count = String(sent);
        sending = sending.then(() => stream.put(fresh)).then(() => writeFile(sentFile, count));
      }
      if (isLast) {
        await sending;
        await writeFile(join(folder, 'metrics.json'), JSON.stringify(points));
      }
    },
  };
}
