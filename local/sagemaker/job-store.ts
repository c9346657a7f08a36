import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingJob } from './training-job.ts';

/** Every job there ever was, in memory and as one file each, so that a restarted executor knows them all. */
export interface JobStore {
  find(name: string): TrainingJob | undefined;
  all(): readonly TrainingJob[];
  /** Adds a job whose name is free; false when it is taken. The name is taken before this returns to the event loop. */
  add(job: TrainingJob): Promise<boolean>;
  /** Applies `change` to the newest state; writers of one job queue up. */
  update(name: string, change: (job: TrainingJob) => TrainingJob): Promise<TrainingJob>;
  folder(name: string): string;
}

export async function fileJobStore(root: string): Promise<JobStore> {
  await mkdir(root, { recursive: true });
  const jobs = new Map<string, TrainingJob>();
  const queues = new Map<string, Promise<void>>();
  const folder = (name: string) => join(root, name);
  for (const name of await readdir(root)) {
    const text = await readFile(join(root, name, 'job.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) jobs.set(name, JSON.parse(text) as TrainingJob);
  }

  const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const done = (queues.get(name) ?? Promise.resolve()).then(work);
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    queues.set(name, settled);
    return done;
  };
  return {
    find: (name) => jobs.get(name),
    all: () => [...jobs.values()],
    folder,
    async add(job) {
      const name = job.request.TrainingJobName;
      if (jobs.has(name)) return false;
      jobs.set(name, job);
      await inTurn(name, () => write(folder(name), job));
      return true;
    },
    update: (name, change) =>
      inTurn(name, async () => {
        const job = jobs.get(name);
        if (!job) throw new Error(`There is no training job ${name}.`);
        const changed = change(job);
        if (changed === job) return job;
        // Told to nobody before it would survive this process.
        await write(folder(name), changed);
        jobs.set(name, changed);
        return changed;
      }),
  };
}

/** A reader sees the old file or the new one, also after a crash of the machine. */
async function write(folder: string, job: TrainingJob): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'job.json');
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(JSON.stringify(job));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
