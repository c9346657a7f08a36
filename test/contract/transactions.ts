import type { ControlTx } from '#adapters/postgres/control-tx.ts';
import type { Context } from '#core/kernel/index.ts';

/** Transactions of a tenant that is nobody else's; two at the same moment are two writers. */
export interface Transactions {
  readonly ctx: Context;
  write<T>(work: (tx: ControlTx) => Promise<T>): Promise<T>;
  read<T>(work: (tx: ControlTx) => Promise<T>): Promise<T>;
}

export function fulfilled<T>(outcomes: readonly PromiseSettledResult<T>[]): readonly T[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

export function refusals(outcomes: readonly PromiseSettledResult<unknown>[]): readonly string[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).name] : []));
}
