import { sql, type Transaction } from 'kysely';
import type { WebhookEndpoint, WebhookEndpoints } from '#core/alerts/index.ts';
import type { Tables } from './tables.ts';

const COLUMNS = ['id', 'url', 'event_types as eventTypes', 'created_by as createdBy', 'created_at as createdAt'] as const;

export function postgresWebhookEndpoints(trx: Transaction<Tables>): WebhookEndpoints & {
  /** Every endpoint of the tenant, to choose from those that want an event. */
  all(): Promise<readonly WebhookEndpoint[]>;
  /** What a delivery needs, and nobody else is told. */
  withSecret(id: string): Promise<{ readonly url: string; readonly secret: string } | undefined>;
} {
  const endpoints = () => trx.selectFrom('webhook_endpoint').select(COLUMNS);
  return {
    async add({ id, url, eventTypes, secret, createdBy, createdAt }) {
      const row = { id, url, event_types: [...eventTypes], secret, created_by: createdBy, created_at: createdAt };
      await trx.insertInto('webhook_endpoint').values(row).execute();
    },
    list: ({ limit, before }) =>
      endpoints()
        .$if(before !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('created_at', 'id'), '<', tuple(before?.createdAt ?? new Date(0), before?.id ?? '')),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    async countLocked() {
      // There is no row that two who add could both lock.
      await sql`select pg_advisory_xact_lock(hashtextextended('webhooks/' || sluice_tenant()::text, 0))`.execute(trx);
      const { count } = await trx
        .selectFrom('webhook_endpoint')
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    remove: (id) => trx.deleteFrom('webhook_endpoint').where('id', '=', id).returning(COLUMNS).executeTakeFirst(),
    async wasTold(id) {
      const told = await trx.selectFrom('aggregate_sequence').select('last').where('subject', '=', `webhook/${id}`).executeTakeFirst();
      return told !== undefined;
    },
    all: () => endpoints().orderBy('id').execute(),
    withSecret: (id) => trx.selectFrom('webhook_endpoint').select(['url', 'secret']).where('id', '=', id).executeTakeFirst(),
  };
}
