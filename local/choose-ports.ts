import { createHash } from 'node:crypto';
import { freePort } from './free-port.ts';
import type { Ports } from './region-record.ts';

const EDGE = 8080;
const TRIES = 20;
/** Below the range the kernel takes outgoing connections' ports from, so that a port is still free after a restart. */
const ENGINES = { first: 20_000, count: 12_000 };

/** The ports of the last time where they are free, so that addresses outlive a restart; others, and a word about it, where not. */
export async function choosePorts(folder: string, remembered: Ports | undefined, say: (line: string) => void): Promise<Ports> {
  const taken = new Set<number>();
  const start = createHash('sha256').update(folder).digest().readUInt32BE() % (ENGINES.count - 5 * TRIES);
  const own = (place: number) => range(ENGINES.first + start + place * TRIES);
  const choose = async (name: keyof Ports, ...wanted: readonly number[]): Promise<number> => {
    const before = remembered?.[name];
    let port = await freePort(...(before === undefined ? wanted : [before, ...wanted]).filter((each) => !taken.has(each)));
    while (taken.has(port)) port = await freePort();
    taken.add(port);
    if (before !== undefined && port !== before) say(`port ${before} of ${name} is taken by another program; now ${port}`);
    return port;
  };
  return {
    edge: await choose('edge', ...range(EDGE)),
    aws: await choose('aws', ...own(0)),
    postgres: await choose('postgres', ...own(1)),
    mongo: await choose('mongo', ...own(2)),
    sagemaker: await choose('sagemaker', ...own(3)),
  };
}

const range = (first: number): readonly number[] => Array.from({ length: TRIES }, (_, step) => first + step);
