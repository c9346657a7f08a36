import { sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/** Until the transaction ends: any number of steps and batches of the tenant begin at once, or none while old files that they would count on are removed. */
export async function lockBeginning(trx: Transaction<Tables>, who: 'somebody does' | 'nobody may'): Promise<void> {
  const key = sql`hashtextextended('beginning/' || sluice_tenant()::text, 0)`;
  await sql`select ${who === 'somebody does' ? sql`pg_advisory_xact_lock_shared` : sql`pg_advisory_xact_lock`}(${key})`.execute(trx);
}
