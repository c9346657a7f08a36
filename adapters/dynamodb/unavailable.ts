import { StoreUnavailable } from '#core/kernel/index.ts';

/** What to throw for an error of a client. What DynamoDB refuses for good is a defect; the rest passes: its own faults, haste, and connections that break. */
export function asUnavailable(store: string, error: unknown): unknown {
  const { $fault, name = '' } = error as { readonly $fault?: unknown; readonly name?: string };
  const final = $fault === 'client' && !/Throttl|Throughput|LimitExceeded/.test(name);
  return final ? error : new StoreUnavailable(store, { cause: error });
}
