import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Context, Recorded } from '#core/kernel/index.ts';
import { type ControlTx, controlTx } from './control-tx.ts';
import { answered, type IdempotentRequest, keepAnswer } from './idempotency.ts';
import type { Postgres } from './pool.ts';
import { announceIntent, writeFacts } from './record-facts.ts';
import type { Tables } from './tables.ts';
import { tenantPredicate, WITHOUT_TENANT_PREDICATE } from './tenant-predicate.ts';
import { asUnavailable, gaveWay } from './unavailable.ts';

/** Wakes the publisher. Rung before the commit: a bell that rings for nothing is harmless, one that never rings is not. */
export interface Bell {
  ring(intent: string, tenant: string): Promise<void>;
}

/** What the edge knows of a call beyond who and when; a step of a machine passes `{}`. */
export interface WriteCall {
  readonly idempotency?: IdempotentRequest | undefined;
}

export interface ControlPlane {
  /**
   * One transaction of the caller's tenant: the use case's rows, an audit row and a message per recorded fact, and the
   * answer under the call's idempotency key. A call repeated under its key gets the first answer as it went over the
   * wire, so a use case that runs under a key must return plain JSON. The use case may run twice: it only talks to `tx`.
   */
  write<T>(ctx: Context, call: WriteCall, useCase: (tx: ControlTx) => Promise<T>): Promise<T>;
  /** A read-only transaction of the caller's tenant. */
  read<T>(ctx: Context, useCase: (tx: ControlTx) => Promise<T>): Promise<T>;
}

const ATTEMPTS = 2;

export function controlPlane({ pool, bell }: { readonly pool: Postgres; readonly bell: Bell }): ControlPlane {
  async function transaction<T>(
    ctx: Context,
    mode: 'read only' | 'read write',
    body: (trx: Transaction<Tables>) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await pool
          .transaction()
          .setAccessMode(mode)
          .execute(async (trx) => body(await enterTenant(trx, ctx.tenant)));
      } catch (error) {
        if (!gaveWay(error) || attempt === ATTEMPTS) throw asUnavailable(error);
      }
    }
  }

  return {
    write: (ctx, { idempotency }, useCase) =>
      transaction(ctx, 'read write', async (trx) => {
        if (idempotency) {
          const before = await answered(trx, ctx, idempotency);
          // The stored answer went over the wire as JSON of the same route.
          if (before) return before.response as Awaited<ReturnType<typeof useCase>>;
        }
        const facts: Recorded[] = [];
        const result = await useCase(controlTx(trx, { record: (fact) => void facts.push(fact) }));
        if (facts.length > 0) {
          const intent = uuidv7();
          await announceIntent(trx, intent);
          await Promise.all([bell.ring(intent, ctx.tenant), writeFacts(trx, ctx, intent, facts)]);
        }
        if (idempotency) await keepAnswer(trx, ctx, idempotency, result);
        return result;
      }),
    read: (ctx, useCase) =>
      transaction(ctx, 'read only', (trx) =>
        useCase(
          controlTx(trx, {
            record: ({ type }) => {
              throw new Error(`${type} was recorded in a read-only transaction`);
            },
          }),
        ),
      ),
  };
}

/**
 * The transaction to work in: its session has the tenant for row-level security, its statements ask for the tenant's rows alone. Limits
 * end a stuck statement before the caller has given up. All end with the transaction.
 */
export async function enterTenant(trx: Transaction<Tables>, tenant: string): Promise<Transaction<Tables>> {
  await sql`select set_config('sluice.tenant', ${tenant}, true), set_config('statement_timeout', '9000', true),
                   set_config('lock_timeout', '6000', true), set_config('idle_in_transaction_session_timeout', '15000', true)`.execute(trx);
  return trx.getExecutor().plugins.includes(WITHOUT_TENANT_PREDICATE) ? trx : trx.withPlugin(tenantPredicate(tenant));
}
