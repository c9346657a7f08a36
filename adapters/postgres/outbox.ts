import { sql } from 'kysely';
import type { Destination } from '#core/kernel/index.ts';
import { enterTenant } from './control-plane.ts';
import { inTenant } from './in-tenant.ts';
import type { Postgres } from './pool.ts';
import { removeOld } from './remove-old.ts';
import { asUnavailable } from './unavailable.ts';

export interface OutboxMessage {
  readonly id: string;
  readonly destination: Destination;
  readonly type: string;
  readonly subject: string;
  readonly sequence: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly traceparent: string | null;
  readonly createdAt: Date;
}

/** `open`: the writer's transaction has not ended yet. `ended`: it has, and these messages of it wait to be published. */
export type IntentState = { readonly state: 'open' } | { readonly state: 'ended'; readonly messages: readonly OutboxMessage[] };

const LOCK_NOT_AVAILABLE = '55P03';

export function postgresOutbox(pool: Postgres) {
  const within = inTenant(pool);
  return {
    /**
     * Waits for the writer: it holds the intent's lock from before the bell until its transaction ends. Whoever gets the lock
     * therefore sees all the messages of a committed intent, and none of one that was rolled back and never will be.
     */
    async read(tenant: string, intent: string, waitMs: number): Promise<IntentState> {
      try {
        return await pool.transaction().execute(async (begun) => {
          const trx = await enterTenant(begun, tenant);
          await sql`select set_config('lock_timeout', ${String(waitMs)}, true), set_config('statement_timeout', ${String(waitMs + 5_000)}, true)`.execute(
            trx,
          );
          await sql`select pg_advisory_xact_lock(hashtextextended(${`intent/${intent}`}, 0))`.execute(trx);
          const messages = await trx
            .selectFrom('outbox')
            .select(['id', 'destination', 'type', 'subject', 'sequence', 'data', 'traceparent', 'created_at as createdAt'])
            .where('intent', '=', intent)
            .where('published_at', 'is', null)
            .orderBy('id')
            .execute();
          return { state: 'ended' as const, messages };
        });
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === LOCK_NOT_AVAILABLE) return { state: 'open' };
        throw asUnavailable(error);
      }
    },
    /** Marks them as published; marking again changes nothing. Takes the occasion to remove what is old. */
    async published(tenant: string, ids: readonly string[], now: Date): Promise<void> {
      if (ids.length === 0) return;
      await within(tenant, async (trx) => {
        await trx.updateTable('outbox').set({ published_at: now }).where('id', 'in', ids).where('published_at', 'is', null).execute();
        await removeOld(trx, now);
      });
    },
    /** The latest order for a schedule of this subject, published or not. */
    async newestSchedule(
      tenant: string,
      subject: string,
    ): Promise<{ readonly sequence: number; readonly data: OutboxMessage['data'] } | undefined> {
      return within(tenant, (trx) =>
        trx
          .selectFrom('outbox')
          .select(['sequence', 'data'])
          .where('subject', '=', subject)
          .where('destination', '=', 'schedule')
          .orderBy('sequence', 'desc')
          .limit(1)
          .executeTakeFirst(),
      );
    },
    /** The intents that have messages of this subject which nobody has published yet. */
    async waiting(tenant: string, subject: string): Promise<readonly string[]> {
      return within(tenant, async (trx) => {
        const rows = await trx
          .selectFrom('outbox')
          .select('intent')
          .distinct()
          .where('subject', '=', subject)
          .where('published_at', 'is', null)
          .execute();
        return rows.map(({ intent }) => intent);
      });
    },
    /** The tenant of this slug, whoever asks: for those who administer the platform. */
    async tenantBySlug(slug: string): Promise<string | undefined> {
      const { rows } = await sql<{ id: string | null }>`select tenant_by_slug(${slug}) as id`.execute(pool).catch((error: unknown) => {
        throw asUnavailable(error);
      });
      return rows[0]?.id ?? undefined;
    },
  };
}
