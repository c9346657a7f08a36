import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import { type EngineProcess, type StartEngineProps, startEngine } from './engine-process.ts';

export interface FleetProps extends StartEngineProps {
  readonly say: (line: string) => void;
  /** An engine that crashed serves again. */
  readonly onRestart: (name: string) => Promise<void>;
  /** An engine that a restart does not cure. */
  readonly giveUp: (reason: string) => void;
  /** An engine that ends twice within this time has a cause that a restart does not cure. @default 120 */
  readonly patienceSeconds?: number;
}

/** The running engines. */
export interface Fleet {
  /** Starts an engine, waits until it serves, and restarts it when it crashes. */
  launch(engine: Engine): Promise<void>;
  /** Ends the named engines first, all at once, then all others; nothing is started any more. */
  stop(...first: readonly string[]): Promise<void>;
  /** Process ids of the guards by engine name. */
  pids(): Readonly<Record<string, number>>;
}

export function engineFleet({ say, onRestart, giveUp, patienceSeconds = 120, ...start }: FleetProps): Fleet {
  const running = new Map<string, EngineProcess>();
  let isStopping = false;

  const begin = async (engine: Engine): Promise<EngineProcess | undefined> => {
    const started = await startEngine(engine, start);
    if (isStopping) await started.stop();
    else running.set(engine.name, started);
    return isStopping ? undefined : started;
  };

  const watch = async (engine: Engine, first: EngineProcess): Promise<void> => {
    let crashedAt = Number.NEGATIVE_INFINITY;
    for (let current: EngineProcess | undefined = first; current; ) {
      const how = await current.ended;
      if (isStopping) return;
      say(`${engine.name} ${how}; its log: ${join(start.logs, `${engine.name}.log`)}`);
      if (Date.now() - crashedAt < patienceSeconds * 1000) return giveUp(`${engine.name} ${how}, twice within ${patienceSeconds} s`);
      crashedAt = Date.now();
      await sleep(1_000);
      if (isStopping) return;
      current = await begin(engine);
      if (!current) return;
      await onRestart(engine.name);
      say(`${engine.name} is up again`);
    }
  };

  return {
    async launch(engine) {
      const started = await begin(engine);
      if (started) void watch(engine, started).catch((error: Error) => giveUp(error.message));
    },
    async stop(...first) {
      isStopping = true;
      await Promise.all(first.map(async (name) => running.get(name)?.stop()));
      await Promise.all([...running.values()].map((each) => each.stop()));
    },
    pids: () => Object.fromEntries([...running].map(([name, each]) => [name, each.pid])),
  };
}
