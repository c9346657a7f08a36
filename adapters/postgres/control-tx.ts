import type { Transaction } from 'kysely';
import type { Recorder } from '#core/kernel/index.ts';
import type { Tables } from './tables.ts';

/** Every repository bound to one transaction of one tenant, and the recorder of what the use case made true. */
export function controlTx(_trx: Transaction<Tables>, recorder: Recorder) {
  return {
    ...recorder,
  };
}

export type ControlTx = ReturnType<typeof controlTx>;
