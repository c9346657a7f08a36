import type { CreateTrainingJob } from './create-training-job.ts';

export type Status = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';
export type SecondaryStatus =
  | 'Pending'
  | 'Starting'
  | 'DownloadingTrainingImage'
  | 'Downloading'
  | 'Training'
  | 'Uploading'
  | 'Stopping'
  | 'Stopped'
  | 'MaxRuntimeExceeded'
  | 'Completed'
  | 'Failed';

/** Times are epoch seconds, as on SageMaker's wire. */
export interface Transition {
  readonly Status: SecondaryStatus;
  readonly StartTime: number;
  readonly EndTime?: number;
  readonly StatusMessage: string;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** A process that a later executor can recognise: a pid alone may have gone to somebody else. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

export type StopCause = 'asked' | 'max-runtime' | 'volume-full' | 'shutdown';

export interface TrainingJob {
  readonly request: CreateTrainingJob;
  readonly arn: string;
  readonly tags: readonly Tag[];
  readonly status: Status;
  readonly secondary: SecondaryStatus;
  readonly transitions: readonly Transition[];
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly failureReason?: string;
  readonly modelArtifacts?: string;
  readonly finalMetrics?: readonly { readonly MetricName: string; readonly Value: number; readonly Timestamp: number }[];
  readonly process?: ProcessIdentity;
  readonly stop?: { readonly cause: StopCause; readonly at: number };
}

const MESSAGES: Record<SecondaryStatus, string> = {
  Pending: 'Waiting for a free core',
  Starting: 'Preparing the instances for training',
  DownloadingTrainingImage: 'Preparing the training image',
  Downloading: 'Downloading input data',
  Training: 'Training image download completed. Training in progress.',
  Uploading: 'Uploading generated training model',
  Stopping: 'Stopping the training job',
  Stopped: 'Training job stopped',
  MaxRuntimeExceeded: 'Resource reached its maximum runtime',
  Completed: 'Training job completed',
  Failed: 'Training job failed',
};

const FAILURE_REASON_CHARACTERS = 1024;

export const now = (): number => Date.now() / 1000;

export const isOver = (job: TrainingJob): boolean => job.status === 'Completed' || job.status === 'Failed' || job.status === 'Stopped';

/** The job one step further; entering the step it is in changes nothing. */
export function enter(job: TrainingJob, secondary: SecondaryStatus, message = MESSAGES[secondary]): TrainingJob {
  if (job.secondary === secondary && job.transitions.length > 0) return job;
  const at = now();
  const closed = job.transitions.map((step) => (step.EndTime === undefined ? { ...step, EndTime: at } : step));
  const started = job.startedAt === undefined && (secondary === 'Downloading' || secondary === 'DownloadingTrainingImage');
  return {
    ...job,
    secondary,
    modifiedAt: at,
    transitions: [...closed, { Status: secondary, StartTime: at, StatusMessage: message }],
    ...(started && { startedAt: at }),
  };
}

/** The job at its end. */
export function end(
  job: TrainingJob,
  status: 'Completed' | 'Failed' | 'Stopped',
  secondary: SecondaryStatus,
  failure?: string,
): TrainingJob {
  const failureReason = failure?.slice(0, FAILURE_REASON_CHARACTERS);
  const last = enter(job, secondary, failureReason ?? MESSAGES[secondary]);
  const at = last.modifiedAt;
  const transitions = last.transitions.map((step) => (step.EndTime === undefined ? { ...step, EndTime: at } : step));
  return { ...last, transitions, status, endedAt: at, ...(failureReason !== undefined && { failureReason }) };
}
