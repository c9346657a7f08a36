import * as z from 'zod';
import type { postgresOutbox } from '#adapters/postgres/outbox.ts';
import type { Sealed } from '#core/audit/index.ts';
import { MACHINES, type standings } from './standings.ts';
import type { webhookBook } from './webhook-book.ts';

/** What the publisher and the deliverer of webhooks ask, who are not in the VPC. */
const Request = z.union([
  z.strictObject({ tenant: z.uuid(), intent: z.uuid() }),
  z.strictObject({ tenant: z.uuid(), published: z.array(z.uuid()).max(1000) }),
  z.strictObject({ tenant: z.uuid(), seal: z.literal(true) }),
  z.strictObject({ tenant: z.uuid(), scheduled: z.string().describe('the subject whose latest order is wanted') }),
  z.strictObject({ tenant: z.uuid(), machine: z.enum(MACHINES), name: z.string().max(80) }),
  z.strictObject({ tenant: z.uuid(), wanting: z.string().describe('the event type') }),
  z.strictObject({ tenant: z.uuid(), endpoint: z.uuid() }),
  z.strictObject({ tenant: z.uuid(), gone: z.uuid() }),
]);

/** How long one question waits for a writer that has not ended; the publisher asks again. */
const WAIT_MS = 5_000;

export interface ReadOutboxProps {
  readonly outbox: Pick<ReturnType<typeof postgresOutbox>, 'read' | 'published' | 'newestSchedule'>;
  readonly webhooks: ReturnType<typeof webhookBook>;
  /** Seals what the tenant has recorded, and keeps the evidence. */
  readonly seal: (tenant: string) => Promise<Sealed>;
  readonly standings: ReturnType<typeof standings>;
}

/** The outbox for a caller that is not in the VPC. The tenant of the bell, or of the event, is the tenant of row-level security. */
export function readOutbox({ outbox, webhooks, seal, standings }: ReadOutboxProps) {
  return async (event: unknown) => {
    const request = Request.parse(event);
    const { tenant } = request;
    if ('intent' in request) return outbox.read(tenant, request.intent, WAIT_MS);
    if ('seal' in request) return seal(tenant);
    if ('scheduled' in request) return { order: (await outbox.newestSchedule(tenant, request.scheduled)) ?? null };
    if ('machine' in request) return standings[request.machine](tenant, request.name);
    if ('wanting' in request) return { endpoints: await webhooks.wanting(tenant, request.wanting) };
    if ('endpoint' in request) return { endpoint: (await webhooks.endpoint(tenant, request.endpoint)) ?? null };
    if ('gone' in request) {
      await webhooks.forget(tenant, request.gone);
      return { state: 'forgotten' as const };
    }
    await outbox.published(tenant, request.published, new Date());
    return { state: 'marked' as const };
  };
}
