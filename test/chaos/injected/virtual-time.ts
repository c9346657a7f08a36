/** A wait that other work may end before its time is up. */
interface Wait {
  readonly until: number;
  readonly patience: Patience;
  readonly over: () => void;
}

/** `short` waits are over as soon as everything rests; a `long` one only when the loop lets time go on. */
export type Patience = 'short' | 'long';

/** The clock of a worker: `Date` goes ahead of the machine's by what was waited for, which nobody really waits for. */
export function virtualTime() {
  const RealDate = Date;
  const waits = new Set<Wait>();
  let aheadMs = 0;
  let busy = 0;
  let resting: (() => void)[] = [];

  class AheadDate extends RealDate {
    constructor(...given: readonly unknown[]) {
      if (given.length === 0) super(RealDate.now() + aheadMs);
      else super(...(given as [string]));
    }
    static override now(): number {
      return RealDate.now() + aheadMs;
    }
  }
  globalThis.Date = AheadDate as DateConstructor;

  function leave(): void {
    busy -= 1;
    if (busy > 0) return;
    const told = resting;
    resting = [];
    for (const tell of told) tell();
  }

  return {
    pass(seconds: number): void {
      aheadMs += seconds * 1000;
    },

    /** Something the region does by itself; whoever waits for rest waits for it. */
    work(activity: () => Promise<unknown>): void {
      busy += 1;
      activity().then(leave, (error: unknown) => {
        leave();
        throw error;
      });
    },

    /** Until the time is up or `wake` is called; in between the caller counts as resting. */
    async suspend<T>(
      seconds: number,
      patience: Patience,
      waker: (wake: (value: T) => void) => void = () => undefined,
    ): Promise<T | 'time'> {
      return new Promise((resume) => {
        const wait: Wait = { until: Date.now() + seconds * 1000, patience, over: () => end('time') };
        const end = (value: T | 'time') => {
          if (!waits.delete(wait)) return;
          busy += 1;
          resume(value);
        };
        waits.add(wait);
        waker(end);
        leave();
      });
    },

    /** When nothing is under way; what fails to come to rest within the real seconds is an error. */
    async rest(): Promise<void> {
      // Work may begin with what just ended.
      do {
        if (busy > 0) await new Promise<void>((tell) => resting.push(tell));
        await new Promise((turn) => setImmediate(turn));
      } while (busy > 0);
    },

    /** Moves the clock to the end of the wait that is over first, and ends it. @returns whether there was one */
    goOn(patience: Patience): boolean {
      const [first] = [...waits].filter((one) => one.patience === patience).sort((one, other) => one.until - other.until);
      if (!first) return false;
      aheadMs += Math.max(0, first.until - Date.now());
      first.over();
      return true;
    },

    /** Forgets what waits: its loop is over. */
    forget(): void {
      waits.clear();
    },
  };
}

export type VirtualTime = ReturnType<typeof virtualTime>;
