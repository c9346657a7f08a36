import type { TestPostgres } from './postgres.ts';

/** What was told of a subject, in order. */
export function outboxOf(postgres: TestPostgres, tenant: string, subject: string) {
  return postgres.asOwnerIn(tenant, async (client) => {
    const { rows } = await client.query('select destination, type, data from outbox where subject = $1 order by sequence', [subject]);
    return rows as readonly { readonly destination: string; readonly type: string; readonly data: Record<string, unknown> }[];
  });
}
