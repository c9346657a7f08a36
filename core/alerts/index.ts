/** Who is told of what happens. Start at ports.ts. */
export { EVENT_TYPES } from './event-types.ts';
export type { WebhookEndpoint, WebhookEndpoints } from './ports.ts';
export { MOST_WEBHOOKS, registerWebhook } from './register-webhook.ts';
export { removeWebhook } from './remove-webhook.ts';
export { wantsEvent } from './wants-event.ts';
