import { type Context, DomainError, nearest, type Recorder } from '#core/kernel/index.ts';
import { EVENT_TYPES } from './event-types.ts';
import type { WebhookEndpoint, WebhookEndpoints } from './ports.ts';
import { wantsEvent } from './wants-event.ts';

/** Each event goes to each endpoint: enough for a team's tools, few enough that one tenant does not fill the queue of all. */
export const MOST_WEBHOOKS = 20;

export interface RegisterWebhook {
  readonly id: string;
  readonly url: string;
  readonly eventTypes: readonly string[];
  /** `whsec_` and base64; who has it can tell our calls from anybody's. */
  readonly secret: string;
}

type Tx = { readonly webhooks: WebhookEndpoints } & Recorder;

/** Adds an address that is told of events. Secret and URL are in no fact: those are audited and published, and many a URL is a secret itself. */
export async function registerWebhook(tx: Tx, ctx: Context, { id, url, eventTypes, secret }: RegisterWebhook): Promise<WebhookEndpoint> {
  for (const eventType of eventTypes) refuseUnknown(eventType);
  if ((await tx.webhooks.countLocked()) >= MOST_WEBHOOKS) throw new DomainError({ code: 'webhooks_too_many', limit: MOST_WEBHOOKS });
  const endpoint = { id, url, eventTypes: [...new Set(eventTypes)].sort(), createdBy: ctx.principal.id, createdAt: ctx.now };
  await tx.webhooks.add({ ...endpoint, secret });
  tx.record({ type: 'webhook.registered.v1', subject: `webhook/${id}`, data: { webhook: id, eventTypes: endpoint.eventTypes } });
  return endpoint;
}

/** Whoever asks for what never happens would wait for ever. */
function refuseUnknown(eventType: string): void {
  if (EVENT_TYPES.some((type) => wantsEvent([eventType], type))) return;
  const suggestion = nearest(eventType, EVENT_TYPES);
  throw new DomainError({ code: 'event_type_unknown', eventType, ...(suggestion === undefined ? {} : { suggestion }) });
}
