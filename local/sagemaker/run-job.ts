import { appendFile, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uploadModel, uploadOutput } from './artifacts.ts';
import { downloadChannels, InputFailure } from './channels.ts';
import type { CreateTrainingJob } from './create-training-job.ts';
import type { ImageEnvironment } from './images.ts';
import type { NetworkIsolation } from './isolation.ts';
import type { JobClients } from './job-clients.ts';
import { jobCommand, openingLines } from './job-command.ts';
import { makeJobEnvironment } from './job-environment.ts';
import { type JobOutput, jobOutput } from './job-output.ts';
import { askToEnd, type Exit, forceEnd, isRunning, launch, readExit } from './job-process.ts';
import type { JobStore } from './job-store.ts';
import { cloudWatchLogStream } from './log-stream.ts';
import { finalMetrics } from './metrics.ts';
import { end, enter, now, type ProcessIdentity, type StopCause, type TrainingJob } from './training-job.ts';
import { clearWorkspace, prepareWorkspace, submitDirectory, type Workspace, workspaceBytes, workspaceOf } from './workspace.ts';

export interface RunnerProps {
  readonly store: JobStore;
  /** How a job reaches AWS, by its role. */
  readonly clientsOf: (roleArn: string, job: string) => JobClients;
  readonly isolation: NetworkIsolation;
  readonly region: string;
  readonly prepareImage: (uri: string) => Promise<ImageEnvironment>;
  /** Between SIGTERM and SIGKILL; SageMaker gives 120. */
  readonly stopGraceSeconds: number;
  /** A job whose executor stays away for longer ends itself. */
  readonly leaseSeconds: number;
  readonly say: (line: string) => void;
}

const POLL_MILLISECONDS = 100;
const LEASE_RENEWAL_SECONDS = 5;
const VOLUME_CHECK_SECONDS = 1;

/** So much of its volume has a job written that was cut off at its end. */
const FULL = 0.98;

function volumeBytes({ ResourceConfig }: CreateTrainingJob): number {
  return ResourceConfig.VolumeSizeInGB * 1024 ** 3;
}

/** Takes a job from wherever it stands to its end. An abort leaves it where it stands, for a later executor. */
export async function runJob(runner: RunnerProps, name: string, signal: AbortSignal): Promise<void> {
  const { store } = runner;
  const space = workspaceOf(store.folder(name));
  const found = current(runner, name);
  const clients = runner.clientsOf(found.request.RoleArn, name);
  try {
    if (found.stop && !found.process) throw new Error('stopped before it began');
    if (!found.process) await start(runner, clients, name, space, signal);
    if (found.secondary !== 'Uploading') await train(runner, clients, name, space, signal);
    if (current(runner, name).secondary === 'Uploading') await upload(runner, clients, name, space);
  } catch (error) {
    const { stop } = current(runner, name);
    if (signal.aborted && (!stop || stop.cause === 'shutdown')) return;
    const sort = error instanceof InputFailure ? 'ClientError' : 'InternalServerError';
    await store.update(name, (job) =>
      stop?.cause === 'asked' ? end(job, 'Stopped', 'Stopped') : end(job, 'Failed', 'Failed', `${sort}: ${(error as Error).message}`),
    );
  } finally {
    clients.destroy();
  }
  await clearWorkspace(space);
}

function current({ store }: RunnerProps, name: string): TrainingJob {
  return store.find(name) as TrainingJob;
}

/** Everything up to the running process. Safe to repeat: it begins with an empty workspace. */
async function start(runner: RunnerProps, clients: JobClients, name: string, space: Workspace, signal: AbortSignal): Promise<void> {
  const { store, isolation } = runner;
  const { request, arn } = current(runner, name);
  await store.update(name, (job) => enter(job, 'DownloadingTrainingImage'));
  const image = await runner.prepareImage(request.AlgorithmSpecification.TrainingImage);
  signal.throwIfAborted();
  await store.update(name, (job) => enter(job, 'Downloading'));
  await prepareWorkspace(space, request);
  if (request.EnableNetworkIsolation && submitDirectory(request.HyperParameters)?.startsWith('s3://')) {
    throw new InputFailure(
      'a job with EnableNetworkIsolation cannot fetch its source from S3. Hand the tarball in as a channel named code and set sagemaker_submit_directory to /opt/ml/input/data/code/sourcedir.tar.gz.',
    );
  }
  await downloadChannels(clients.s3, request, space.data, runner.region, signal);
  const python = await makeJobEnvironment(space.environment, image);
  await appendFile(
    space.log,
    openingLines(request, image, isolation)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const lease = join(store.folder(name), 'lease');
  await writeFile(lease, '');
  signal.throwIfAborted();
  const { command, env } = jobCommand({
    request,
    arn,
    space,
    python,
    lease,
    isolation,
    region: runner.region,
    leaseSeconds: runner.leaseSeconds,
    volumeBytes: volumeBytes(request),
    awsEnvironment: request.EnableNetworkIsolation ? {} : await clients.environment(),
  });
  const process = await launch({ command, env, cwd: space.base, log: space.log });
  await store.update(name, (job) => ({ ...enter(job, 'Training'), process }));
}

/** Watches the process to its end and decides what that end means. */
async function train(runner: RunnerProps, clients: JobClients, name: string, space: Workspace, signal: AbortSignal): Promise<void> {
  const { store } = runner;
  const { request, createdAt } = current(runner, name);
  const definitions = request.AlgorithmSpecification.MetricDefinitions;
  const stream = cloudWatchLogStream(clients.logs, name, createdAt, runner.say);
  const output = await jobOutput({ folder: store.folder(name), log: space.log, definitions, stream });
  const exit = await watch(runner, name, space, output, signal);
  // One file that wanted to be larger than the volume was cut off there, and its writer failed before anybody measured.
  if (exit && exit.code !== 0 && (await workspaceBytes(space)) >= volumeBytes(request) * FULL)
    await store.update(name, (job) => askedToStop(job, 'volume-full'));
  await output.read(true);
  const failure = await failureOf(current(runner, name), exit, space, runner.leaseSeconds);
  if (failure !== undefined)
    await uploadOutput(clients.s3, request, space).catch((error: unknown) => runner.say(`${name}: ${(error as Error).message}`));
  await store.update(name, (job) => {
    const measured = { ...job, finalMetrics: finalMetrics(definitions, output.metrics()) };
    return failure === undefined ? enter(measured, 'Uploading') : end(measured, 'Failed', 'Failed', failure);
  });
}

async function watch(
  runner: RunnerProps,
  name: string,
  space: Workspace,
  output: JobOutput,
  signal: AbortSignal,
): Promise<Exit | undefined> {
  const { store } = runner;
  const process = current(runner, name).process as ProcessIdentity;
  const limits = limitKeeper(runner, name, space);
  let hasAsked = false;
  for (;;) {
    const running = await isRunning(process); // before the reads, so that nothing written in between is missed
    await output.read();
    if (!running) return readExit(space.exit);
    await limits();
    if (signal.aborted) await store.update(name, (job) => askedToStop(job, 'shutdown')); // it came while the process was starting
    const { stop } = current(runner, name);
    if (stop) {
      const isUrgent = stop.cause === 'shutdown' || stop.cause === 'volume-full';
      if (isUrgent || now() - stop.at > runner.stopGraceSeconds) await forceEnd(process);
      else if (!hasAsked) askToEnd(process);
      hasAsked = true;
    }
    await sleep(POLL_MILLISECONDS);
  }
}

/** Renews the lease and keeps the job within its time and its volume. */
function limitKeeper({ store }: RunnerProps, name: string, space: Workspace): () => Promise<void> {
  const { request, transitions } = store.find(name) as TrainingJob;
  // Counted from the process's start: making an image's environment for the first time is the laptop's affair, not the job's.
  const trainingSince = transitions.find((step) => step.Status === 'Training')?.StartTime ?? now();
  const lease = join(store.folder(name), 'lease');
  let renewedAt = 0;
  let measuredAt = now();
  return async () => {
    const at = now();
    if (at - renewedAt > LEASE_RENEWAL_SECONDS) {
      renewedAt = at;
      await utimes(lease, at, at);
    }
    if (at - trainingSince > request.StoppingCondition.MaxRuntimeInSeconds)
      await store.update(name, (job) => askedToStop(job, 'max-runtime'));
    if (at - measuredAt > VOLUME_CHECK_SECONDS) {
      measuredAt = at;
      if ((await workspaceBytes(space)) > volumeBytes(request)) {
        await store.update(name, (job) => askedToStop(job, 'volume-full'));
      }
    }
  };
}

/** The job on its way to a stop; the first cause stands. */
export function askedToStop(job: TrainingJob, cause: StopCause): TrainingJob {
  return job.stop ? job : { ...enter(job, 'Stopping'), status: 'Stopping', stop: { cause, at: now() } };
}

async function failureOf(
  { stop, request }: TrainingJob,
  exit: Exit | undefined,
  space: Workspace,
  leaseSeconds: number,
): Promise<string | undefined> {
  if (stop?.cause === 'shutdown') return 'InternalServerError: the executor was shut down while the job was running. Start the job again.';
  if (stop?.cause === 'volume-full') {
    return `ClientError: Insufficient disk space: the job wrote more than its volume of ${request.ResourceConfig.VolumeSizeInGB} GB. Raise VolumeSizeInGB.`;
  }
  if (stop) return undefined;
  if (!exit) return 'InternalServerError: the job was killed from outside, or the machine went down while it ran. Start the job again.';
  if (exit.abandoned)
    return `InternalServerError: the executor was away for more than ${leaseSeconds} s, so the job ended itself. Start the job again.`;
  if (exit.code === 0) return undefined;
  const text = await readFile(join(space.output, 'failure'), 'utf8').catch(() => '');
  const tail = `, exit code: ${exit.code}`;
  const hint = exit.code === 137 && text === '' ? 'the job was killed, most likely because the machine ran out of memory' : text;
  return `${`AlgorithmError: ${hint}`.slice(0, 1024 - tail.length)}${tail}`;
}

/** Artifacts first, status second: whoever sees `Completed` finds the model. Safe to repeat. */
async function upload({ store }: RunnerProps, { s3 }: JobClients, name: string, space: Workspace): Promise<void> {
  const { request } = store.find(name) as TrainingJob;
  const modelArtifacts = await uploadModel(s3, request, space);
  await uploadOutput(s3, request, space);
  await store.update(name, (job) => {
    const delivered = { ...job, modelArtifacts };
    if (!job.stop) return end(delivered, 'Completed', 'Completed');
    return end(delivered, 'Stopped', job.stop.cause === 'max-runtime' ? 'MaxRuntimeExceeded' : 'Stopped');
  });
}
