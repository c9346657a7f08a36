import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import { type EngineProcess, type StartEngineProps, startEngine } from './engine-process.ts';

export interface FleetProps extends StartEngineProps {
  readonly say: (line: string) => void;
  /** An engine that crashed serves again. What it throws is said; the engine serves all the same. */
  readonly onRestart: (name: string) => Promise<void>;
  /** An engine that a restart does not cure. */
  readonly giveUp: (reason: string) => void;
  /** An engine that ended sooner after it came up did not really serve. @default 20 */
  readonly steadySeconds?: number;
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

/** An engine that so often in a row ended before it was steady has a cause that a restart does not cure. */
const MOST_HASTY_ENDS = 3;

export function engineFleet({ say, onRestart, giveUp, steadySeconds = 20, ...start }: FleetProps): Fleet {
  const running = new Map<string, EngineProcess>();
  let isStopping = false;

  const begin = async (engine: Engine): Promise<EngineProcess | undefined> => {
    const started = await startEngine(engine, start);
    if (isStopping) await started.stop();
    else running.set(engine.name, started);
    return isStopping ? undefined : started;
  };

  const watch = async (engine: Engine, first: EngineProcess): Promise<void> => {
    let hastyEnds = 0;
    for (let current: EngineProcess | undefined = first; current; ) {
      const upSince = Date.now();
      const how = await current.ended;
      if (isStopping) return;
      say(`${engine.name} ${how}; its log: ${join(start.logs, `${engine.name}.log`)}`);
      hastyEnds = Date.now() - upSince < steadySeconds * 1000 ? hastyEnds + 1 : 0;
      if (hastyEnds === MOST_HASTY_ENDS)
        return giveUp(`${engine.name} ${how}, ${MOST_HASTY_ENDS} times in a row within ${steadySeconds} s of its start`);
      await sleep(1_000);
      if (isStopping) return;
      current = await begin(engine);
      if (!current) return;
      await onRestart(engine.name).catch((error: Error) => say(`after the restart of ${engine.name}: ${error.message}`));
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
