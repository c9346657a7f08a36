import { createHash } from 'node:crypto';
import { seeded, shuffled } from '../seeded.ts';
import type { Fault, Kind } from './faults.ts';

/** Any text as a seed. */
function numbers(seed: string): () => number {
  return seeded(createHash('sha256').update(seed).digest().readUInt32LE(0));
}

/** Every call of one loop that nothing went wrong in, with every fault that can happen to it. */
export function everyFault(sites: readonly (readonly [string, readonly Kind[]])[]): readonly Fault[] {
  return sites.flatMap(([site, kinds]) => kinds.map((kind) => ({ site, kind })));
}

/**
 * The faults of each point, by a seed. The first points are one fault each, every one of them once, in an order that the seed
 * shuffles; then come pairs of them, drawn for each point by itself.
 */
export function pointsOf(all: readonly Fault[], seed: string): (point: number) => readonly Fault[] {
  const order = shuffled(all, numbers(seed));
  return (point) => {
    const single = order[point];
    if (single) return [single];
    const draw = numbers(`${seed}/${point}`);
    return Array.from({ length: 2 }, () => order[Math.floor(draw() * order.length)] as Fault);
  };
}
