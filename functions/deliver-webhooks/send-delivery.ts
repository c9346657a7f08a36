import { Webhook } from 'standardwebhooks';
import type { postWebhook } from '#adapters/webhooks/post-webhook.ts';
import type { Delivery } from './event.ts';

export interface SendDeliveryProps {
  /** Where the endpoint is and what signs for it; undefined once nobody wants it told any more. */
  endpointOf(tenant: string, endpoint: string): Promise<{ readonly url: string; readonly secret: string } | undefined>;
  forget(tenant: string, endpoint: string): Promise<void>;
  post: ReturnType<typeof postWebhook>;
  now(): Date;
}

const GONE = 410;

/**
 * Tells one endpoint of one event by the rules of Standard Webhooks. `webhook-id` is the event's own id, the same on every attempt
 * and delivery, so that a receiver knows what it had before; the timestamp and so the signature are new each time.
 * @throws when the receiver did not take it
 */
export function sendDelivery({ endpointOf, forget, post, now }: SendDeliveryProps) {
  return async ({ endpoint, event }: Delivery): Promise<'delivered' | 'removed meanwhile' | 'gone'> => {
    // The event's own tenant is the tenant of row-level security: another's endpoint is not found.
    const known = await endpointOf(event.tenant, endpoint);
    if (!known) return 'removed meanwhile';
    const body = JSON.stringify(event);
    const at = now();
    const status = await post({
      url: known.url,
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'Sluice-Webhooks/1',
        'webhook-id': event.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(known.secret).sign(event.id, at, body),
      },
      body,
    });
    if (status === GONE) {
      await forget(event.tenant, endpoint);
      return 'gone';
    }
    if (status >= 200 && status < 300) return 'delivered';
    throw new Error(status >= 300 && status < 400 ? `It answered ${status}: redirects are not followed` : `It answered ${status}`);
  };
}
