import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import type { DeployedApp } from '../../../setup/deployed-app.ts';

export interface LogLine {
  readonly group: string;
  readonly text: string;
  readonly at: number;
}

/** Every line of every log group, since a moment. */
export async function logLines({ aws }: DeployedApp, since: number): Promise<readonly LogLine[]> {
  const client = new CloudWatchLogsClient(aws);
  const lines: LogLine[] = [];
  try {
    for await (const { logGroups } of paginateDescribeLogGroups({ client }, {})) {
      for (const { logGroupName: group = '' } of logGroups ?? []) {
        for await (const { events } of paginateFilterLogEvents({ client }, { logGroupName: group, startTime: since })) {
          lines.push(
            ...(events ?? []).map(({ message = '', timestamp = 0 }: FilteredLogEvent) => ({ group, text: message, at: timestamp })),
          );
        }
      }
    }
    return lines;
  } finally {
    client.destroy();
  }
}
