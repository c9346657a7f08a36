import * as z from 'zod';
import { Id, Moment } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const LONGEST_URL = 2000;
const MOST_EVENT_TYPES = 50;

const EventType = z
  .string()
  .max(100)
  .regex(
    /^(\*|[a-z][a-z0-9-]*(\.[a-z0-9_-]+)*\.(\*|v[1-9]\d*))$/,
    'an event type such as "monitor.drift.detected.v1", "rollout.*" for all that begin so, or "*"',
  );

const Webhook = z.object({
  id: Id,
  url: z.string(),
  eventTypes: z.array(EventType),
  createdBy: z.string(),
  createdAt: Moment,
});

export const webhookRoutes = {
  listWebhooks: route({
    method: 'GET',
    path: '/v1/webhooks',
    plane: 'operations',
    permission: 'webhooks:read',
    summary: 'Addresses that are told of events, newest first.',
    request: z.strictObject(pageQuery),
    response: pageOf(Webhook),
    paged: true,
  }),
  registerWebhook: route({
    method: 'POST',
    path: '/v1/webhooks',
    plane: 'operations',
    permission: 'webhooks:write',
    summary: 'Tells an address of events from now on, signed by the rules of Standard Webhooks. The secret is shown this once.',
    request: z.strictObject({
      url: z.url('a webhook needs an absolute URL').max(LONGEST_URL),
      eventTypes: z.array(EventType).min(1).max(MOST_EVENT_TYPES),
    }),
    response: Webhook.extend({ secret: z.string().describe('Verifies the signatures; keep it where you keep passwords.') }),
    status: 201,
    idempotency: 'key',
    refuses: ['webhook_url_refused', 'event_type_unknown', 'webhooks_too_many'],
  }),
  removeWebhook: route({
    method: 'DELETE',
    path: '/v1/webhooks/{webhook}',
    plane: 'operations',
    permission: 'webhooks:write',
    summary: 'Tells the address nothing more; what is on its way may still arrive.',
    request: z.strictObject({ webhook: Id }),
    response: z.object({ id: Id }),
    idempotency: 'natural',
    refuses: ['not_found'],
  }),
};
