import type { Tenant } from '../../../examples/flights/tenants.ts';
import type { Ledger } from './ledger.ts';

/** What a part of the workload has to do its work. */
export interface Actor {
  readonly tenant: Tenant;
  readonly ledger: Ledger;
  /** For files that are made. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Rises by one with every call, by what is counted, over the whole run and beyond an interruption: names keys and varies content. */
  readonly counter: (of: string) => number;
}
