import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Fault } from './faults.ts';
import type { PointOutcome } from './point.ts';
import { startStand } from './stand.ts';
import type { Told } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Killed processes leave modules and native memory behind; a new worker begins with none. */
const POINTS_A_WORKER = 150;

interface Worker {
  readonly child: ChildProcess;
  points: number;
  lastWords: string;
}

const PLANT = new URL('./plant.ts', import.meta.url).href;

/** Worker processes on one set of stores. */
export async function startWorkers() {
  const stand = await startStand();
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  let started = 0;

  async function newWorker(plant?: string): Promise<Worker> {
    started += 1;
    const { settings, env } = await stand.newWorker(`w${started}`);
    // What functions log is not looked at; what ends the worker is.
    const child = fork(WORKER, plant === undefined ? [] : [plant], {
      env,
      execArgv: plant === undefined ? [] : ['--import', PLANT],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.send({ settings } satisfies Told);
    const worker = { child, points: 0, lastWords: '' };
    child.stderr?.on('data', (text: Buffer) => {
      worker.lastWords = `${worker.lastWords}${text.toString('utf8')}`.slice(-2000);
    });
    all.add(worker);
    return worker;
  }

  function end(worker: Worker): void {
    all.delete(worker);
    worker.child.kill('SIGKILL');
  }

  async function tell(worker: Worker, told: Extract<Told, { readonly point: number }>): Promise<PointOutcome> {
    const { child } = worker;
    worker.points += 1;
    const outcome = await new Promise<PointOutcome>((resolve, reject) => {
      const gone = () => reject(new Error(`the worker is gone: ${worker.lastWords}`));
      child.once('exit', gone);
      child.once('message', (answer) => {
        child.off('exit', gone);
        resolve(answer as PointOutcome);
      });
      child.send(told);
    });
    return outcome;
  }

  return {
    /** One point on a worker that is free. A worker that is gone, or whose loop hung, is not used again. */
    async run(point: number, name: string, faults: readonly Fault[]): Promise<PointOutcome> {
      const worker = idle.pop() ?? (await newWorker());
      const outcome = await tell(worker, { point, name, faults });
      if (outcome.isOver && worker.points < POINTS_A_WORKER) idle.push(worker);
      else end(worker);
      return outcome;
    },
    /** One point on a worker whose product has this defect. */
    async runPlanted(plant: string, name: string, faults: readonly Fault[]): Promise<PointOutcome> {
      const worker = await newWorker(plant);
      try {
        return await tell(worker, { point: 0, name, faults });
      } finally {
        end(worker);
      }
    },
    async stop(): Promise<void> {
      for (const worker of all) end(worker);
      await stand.stop();
    },
  };
}
