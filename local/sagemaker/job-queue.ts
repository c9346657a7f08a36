import type { JobStore } from './job-store.ts';
import { askedToStop, type RunnerProps, runJob } from './run-job.ts';
import { end, enter, isOver, type TrainingJob } from './training-job.ts';

export interface JobQueue {
  /** Runs the job as soon as a place is free. */
  submit(name: string): void;
  /** Brings the job to a stop; returns at once. */
  stop(name: string): Promise<void>;
  /** Takes up every unfinished job of an earlier executor: running ones again, waiting ones in their old order. */
  resume(): void;
  /** Ends what is running, leaves what is waiting for the next start. */
  close(): Promise<void>;
}

/** A job's own threads use two cores and more; two jobs on two cores take longer than one after the other. */
export function jobsAtOnce(cores: number): number {
  return Math.max(1, Math.floor(cores / 2));
}

/** At most `concurrency` jobs at a time, first come, first served. */
export function jobQueue(runner: RunnerProps, concurrency: number): JobQueue {
  const { store, say } = runner;
  const waiting: string[] = [];
  const running = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>();
  let isClosed = false;

  const run = (name: string): void => {
    const abort = new AbortController();
    const done = store
      .update(name, (job) => (job.secondary === 'Pending' ? enter(job, 'Starting') : job))
      .then(() => runJob(runner, name, abort.signal))
      .catch((error: unknown) => say(`training job ${name}: ${(error as Error).stack}`))
      .finally(() => {
        running.delete(name);
        next();
      });
    running.set(name, { abort, done });
  };
  const next = (): void => {
    while (!isClosed && running.size < concurrency) {
      const name = waiting.shift();
      if (name === undefined) return;
      run(name);
    }
  };
  return {
    submit(name) {
      waiting.push(name);
      next();
    },
    async stop(name) {
      const index = waiting.indexOf(name);
      if (index >= 0) {
        waiting.splice(index, 1);
        await store.update(name, (job) => end({ ...job, stop: { cause: 'asked', at: job.modifiedAt } }, 'Stopped', 'Stopped'));
        return;
      }
      const job = await store.update(name, (found) => (isStoppable(found) ? askedToStop(found, 'asked') : found));
      if (!job.process) running.get(name)?.abort.abort();
    },
    resume() {
      const unfinished = unfinishedJobs(store);
      // A process that is still there is watched again whatever the limit: it uses its core already.
      for (const job of unfinished.filter(({ process }) => process)) run(job.request.TrainingJobName);
      waiting.push(...unfinished.filter(({ process }) => !process).map(({ request }) => request.TrainingJobName));
      next();
    },
    async close() {
      isClosed = true;
      await Promise.all(
        [...running].map(async ([name, { abort, done }]) => {
          await store.update(name, (job) => (job.process && isStoppable(job) ? endedNow(job) : job));
          abort.abort();
          await done;
        }),
      );
    },
  };
}

const isStoppable = (job: TrainingJob): boolean => !isOver(job) && job.secondary !== 'Uploading';

/** A job that was stopping already gets no more grace. */
const endedNow = (job: TrainingJob): TrainingJob => (job.stop ? { ...job, stop: { ...job.stop, at: 0 } } : askedToStop(job, 'shutdown'));

function unfinishedJobs(store: JobStore): readonly TrainingJob[] {
  return store
    .all()
    .filter((job) => !isOver(job))
    .sort((one, other) => one.createdAt - other.createdAt);
}
