import { seeded, shuffled } from '../seeded.ts';

/** What is killed, or cut. A block of these in any order, then another block, so that every class has its share however few there are. */
const BLOCK = ['worker', 'training', 'connection', 'postgres', 'worker', 'executor', 'worker', 'mongo', 'connection', 'worker'] as const;

export type FaultClass = (typeof BLOCK)[number];
export const FAULT_CLASSES = [...new Set<FaultClass>(BLOCK)];

export interface Fault {
  /** Counts from 1. */
  readonly number: number;
  readonly class: FaultClass;
  /** After the fault before it, or after the workload began anew. */
  readonly afterMs: number;
  /** From 0 up to 1: which of several victims. */
  readonly pick: number;
}

const SHORTEST_MS = 1_000;
const LONGEST_MS = 4_000;

/** The faults of a seed, without end: the same on every machine, so that a run can be told again and gone on with. */
export function* plannedFaults(seed: number): Generator<Fault, never> {
  const random = seeded(seed);
  for (let number = 1; ; )
    for (const each of shuffled(BLOCK, random))
      yield { number: number++, class: each, afterMs: Math.round(SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS)), pick: random() };
}
