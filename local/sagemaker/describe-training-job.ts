import type { TrainingJob } from './training-job.ts';

/** DescribeTrainingJob's answer. Times are epoch seconds. */
export function describeTrainingJob(job: TrainingJob): object {
  const { request, startedAt, endedAt } = job;
  const seconds = startedAt !== undefined && endedAt !== undefined ? Math.max(1, Math.ceil(endedAt - startedAt)) : undefined;
  const { Tags: _tags, ProfilerConfig: _profiler, ...described } = request;
  return {
    ...described,
    TrainingJobArn: job.arn,
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondary,
    SecondaryStatusTransitions: job.transitions,
    CreationTime: job.createdAt,
    LastModifiedTime: job.modifiedAt,
    ProfilingStatus: 'Disabled',
    ...(startedAt !== undefined && { TrainingStartTime: startedAt }),
    ...(endedAt !== undefined && { TrainingEndTime: endedAt }),
    ...(seconds !== undefined && { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds }),
    ...(job.failureReason !== undefined && { FailureReason: job.failureReason }),
    ...(job.modelArtifacts !== undefined && { ModelArtifacts: { S3ModelArtifacts: job.modelArtifacts } }),
    ...(job.finalMetrics !== undefined && job.finalMetrics.length > 0 && { FinalMetricDataList: job.finalMetrics }),
  };
}
