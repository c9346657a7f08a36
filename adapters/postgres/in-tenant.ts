import type { Transaction } from 'kysely';
import { enterTenant } from './control-plane.ts';
import type { Postgres } from './pool.ts';
import type { Tables } from './tables.ts';
import { asUnavailable } from './unavailable.ts';

/** One transaction of one tenant, for those who act for nobody in particular; a database that gives way is told as such. */
export function inTenant(pool: Postgres, mode: 'read only' | 'read write' = 'read write') {
  return <T>(tenant: string, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    pool
      .transaction()
      .setAccessMode(mode)
      .execute(async (trx) => work(await enterTenant(trx, tenant)))
      .catch((error: unknown) => {
        throw asUnavailable(error);
      });
}
