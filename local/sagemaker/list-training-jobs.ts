import { z } from 'zod';
import { parse } from './create-training-job.ts';
import { ServiceError } from './service-error.ts';
import type { TrainingJob } from './training-job.ts';

const Time = z.number();

const ListTrainingJobs = z.strictObject({
  MaxResults: z.int().min(1).max(100).default(10),
  NextToken: z.string().optional(),
  NameContains: z.string().max(63).optional(),
  StatusEquals: z.enum(['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped']).optional(),
  CreationTimeAfter: Time.optional(),
  CreationTimeBefore: Time.optional(),
  LastModifiedTimeAfter: Time.optional(),
  LastModifiedTimeBefore: Time.optional(),
  SortBy: z.enum(['Name', 'CreationTime', 'Status']).default('CreationTime'),
  SortOrder: z.enum(['Ascending', 'Descending']).default('Ascending'),
});

type Filter = z.infer<typeof ListTrainingJobs>;

/** One page of summaries. The token names the last job seen, so that jobs created meanwhile move nobody to another page. */
export function listTrainingJobs(jobs: readonly TrainingJob[], body: unknown): object {
  const filter = parse(ListTrainingJobs, body);
  const sorted = jobs.filter((job) => matches(job, filter)).sort((one, other) => order(one, other, filter));
  const from = filter.NextToken === undefined ? 0 : positionAfter(sorted, filter.NextToken);
  const page = sorted.slice(from, from + filter.MaxResults);
  const last = page.at(-1);
  const hasMore = from + page.length < sorted.length;
  return {
    TrainingJobSummaries: page.map(summary),
    ...(hasMore && last && { NextToken: Buffer.from(last.request.TrainingJobName).toString('base64url') }),
  };
}

function matches(job: TrainingJob, filter: Filter): boolean {
  return (
    job.request.TrainingJobName.includes(filter.NameContains ?? '') &&
    (filter.StatusEquals === undefined || job.status === filter.StatusEquals) &&
    isWithin(job.createdAt, filter.CreationTimeAfter, filter.CreationTimeBefore) &&
    isWithin(job.modifiedAt, filter.LastModifiedTimeAfter, filter.LastModifiedTimeBefore)
  );
}

function isWithin(time: number, after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY): boolean {
  return time > after && time < before;
}

function order(one: TrainingJob, other: TrainingJob, { SortBy, SortOrder }: Filter): number {
  const byName = one.request.TrainingJobName < other.request.TrainingJobName ? -1 : 1;
  const keys = { Name: 0, CreationTime: one.createdAt - other.createdAt, Status: one.status.localeCompare(other.status) };
  return (keys[SortBy] || byName) * (SortOrder === 'Ascending' ? 1 : -1);
}

function positionAfter(sorted: readonly TrainingJob[], token: string): number {
  const name = Buffer.from(token, 'base64url').toString();
  const index = sorted.findIndex((job) => job.request.TrainingJobName === name);
  if (index < 0) throw new ServiceError('ValidationException', 'NextToken is invalid: begin again without one.');
  return index + 1;
}

function summary(job: TrainingJob): object {
  return {
    TrainingJobName: job.request.TrainingJobName,
    TrainingJobArn: job.arn,
    CreationTime: job.createdAt,
    LastModifiedTime: job.modifiedAt,
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondary,
    ...(job.endedAt !== undefined && { TrainingEndTime: job.endedAt }),
  };
}
