import * as z from 'zod';
import type { postgresOutbox } from '#adapters/postgres/outbox.ts';

/** What the publisher asks: for an intent's messages, or to mark what it has published. */
const Request = z.union([
  z.strictObject({ tenant: z.uuid(), intent: z.uuid() }),
  z.strictObject({ tenant: z.uuid(), published: z.array(z.uuid()).max(1000) }),
]);

/** How long one question waits for a writer that has not ended; the publisher asks again. */
const WAIT_MS = 5_000;

/** The outbox for a caller that is not in the VPC. The tenant of the bell is the tenant of row-level security. */
export function readOutbox(outbox: Pick<ReturnType<typeof postgresOutbox>, 'read' | 'published'>) {
  return async (event: unknown) => {
    const request = Request.parse(event);
    if ('intent' in request) return outbox.read(request.tenant, request.intent, WAIT_MS);
    await outbox.published(request.tenant, request.published, new Date());
    return { state: 'marked' as const };
  };
}
