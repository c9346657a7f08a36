import { kill, type LambdaProcess, never } from './lambda-process.ts';

/**
 * What can happen to one call. `crash before` and `crash after`: the process goes away, the call not made or made. `refused`: the
 * call is not made and a time-out is seen. `answer lost`: it is made and a time-out is seen. `twice`: it is made two times.
 */
export const KINDS = ['crash before', 'crash after', 'refused', 'answer lost', 'twice'] as const;
export type Kind = (typeof KINDS)[number];

export interface Fault {
  /** Who calls what, and the how-many-eth such call of a loop it is. */
  readonly site: string;
  readonly kind: Kind;
}

export interface Call<T> {
  /** Kind of call, caller and what is called; calls of one name are told apart by their order. */
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly caller: LambdaProcess | undefined;
  perform(): Promise<T>;
  /** What the caller sees when no answer comes. @param made whether the call was made */
  fail(made: boolean): Promise<never> | never;
}

/** Sees every call that leaves a process and does to some of them what the point says. */
export function faultLayer() {
  let planned: readonly Fault[] = [];
  let counts = new Map<string, number>();
  let sites = new Map<string, readonly Kind[]>();
  let hit = new Set<string>();
  let recording = false;

  return {
    begin(faults: readonly Fault[]): void {
      [planned, counts, sites, hit, recording] = [faults, new Map(), new Map(), new Set(), true];
    },
    /** Coming to rest, everything works: what is called there is no site. */
    end(): void {
      [planned, recording] = [[], false];
    },
    get sites(): ReadonlyMap<string, readonly Kind[]> {
      return sites;
    },
    /** Which of the planned faults have happened. */
    get hit(): ReadonlySet<string> {
      return hit;
    },

    /** The fault that is planned for the next call of this name. */
    next(name: string, kinds: readonly Kind[]): Kind | undefined {
      if (!recording) return undefined;
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      const site = `${name} #${nth}`;
      sites.set(site, kinds);
      const fault = planned.find((one) => one.site === site);
      if (fault) hit.add(site);
      return fault?.kind;
    },

    async pass<T>({ name, kinds, ...call }: Call<T>): Promise<T> {
      if (call.caller && !call.caller.isAlive) return never();
      return this.play(this.next(name, kinds), call);
    },

    /** One call with this fault, or none. */
    async play<T>(kind: Kind | undefined, { caller, perform, fail }: Omit<Call<T>, 'name' | 'kinds'>): Promise<T> {
      if (caller && !caller.isAlive) return never();
      const gone = (): Promise<never> => {
        if (caller) kill(caller);
        return never();
      };
      if (kind === 'crash before') return gone();
      if (kind === 'refused') return fail(false);
      let answer: T;
      try {
        answer = await perform();
        if (kind === 'twice') answer = await perform();
      } catch (error) {
        if (caller && !caller.isAlive) return never();
        throw error;
      }
      if (kind === 'crash after') return gone();
      if (kind === 'answer lost') return fail(true);
      return caller && !caller.isAlive ? never() : answer;
    },
  };
}

export type FaultLayer = ReturnType<typeof faultLayer>;
