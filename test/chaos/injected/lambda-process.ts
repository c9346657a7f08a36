import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** One execution environment of a Lambda: what its handler module holds, and everything that it has opened. */
export interface LambdaProcess {
  readonly fn: string;
  readonly handler: (event: unknown, context: object) => Promise<unknown>;
  /** What it is doing, as points name it. */
  task: string;
  isAlive: boolean;
  /** Called once, when it is killed. */
  readonly closers: Set<() => void>;
  died: () => void;
}

/** The process whose code is running; undefined outside of all of them. */
export const within = new AsyncLocalStorage<LambdaProcess | undefined>();

/** What a process sees of a call that it did not live to see answered. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** As `kill -9` does: its connections are gone, and nothing of it runs again, because every call it waits for or makes never comes back. */
export function kill(process: LambdaProcess): void {
  if (!process.isAlive) return;
  process.isAlive = false;
  for (const close of process.closers) close();
  process.died();
}

/** What Lambda tells of a process that went away under an invocation. */
export class ProcessExited extends Error {
  override readonly name = 'Runtime.ExitError';
}

/**
 * The functions of the app, each the very handler that is deployed. A process handles one event at a time and is kept for the
 * next; a cold start evaluates the handler's module anew, so that it makes its own pools and clients.
 */
export function lambdaProcesses(folder: string) {
  const idle = new Map<string, LambdaProcess[]>();
  const busy = new Set<LambdaProcess>();
  let starts = 0;

  async function coldStart(fn: string): Promise<LambdaProcess> {
    starts += 1;
    const process: { -readonly [K in keyof LambdaProcess]: LambdaProcess[K] } = {
      fn,
      handler: never,
      task: 'start',
      isAlive: true,
      closers: new Set(),
      died: () => undefined,
    };
    const module = await within.run(process, () => import(`${folder}/${fn}/handler.ts?start=${starts}`));
    process.handler = module.handler;
    return process;
  }

  return {
    get starts() {
      return starts;
    },
    /** One that is at this task now. */
    busy: (fn: string, task: string): LambdaProcess | undefined => [...busy].find((one) => one.fn === fn && one.task === task),
    /** @throws {ProcessExited} when the process is killed on the way, else what the handler throws */
    async invoke(fn: string, task: string, event: unknown): Promise<unknown> {
      const process = idle.get(fn)?.pop() ?? (await within.run(undefined, () => coldStart(fn)));
      process.task = task;
      busy.add(process);
      const requestId = randomUUID();
      const gone = new Promise<never>((_, exited) => {
        process.died = () => exited(new ProcessExited(`RequestId: ${requestId} Error: Runtime exited with error: signal: killed`));
      });
      // What leaves a function is JSON.
      const given = JSON.parse(JSON.stringify(event)) as unknown;
      try {
        const answer = await Promise.race([gone, within.run(process, () => process.handler(given, { awsRequestId: requestId }))]);
        return answer === undefined ? null : JSON.parse(JSON.stringify(answer));
      } finally {
        busy.delete(process);
        if (process.isAlive) idle.set(fn, [...(idle.get(fn) ?? []), process]);
      }
    },
  };
}

export type LambdaProcesses = ReturnType<typeof lambdaProcesses>;
