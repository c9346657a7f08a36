import { setTimeout as sleep } from 'node:timers/promises';
import type { Tenant } from './tenants.ts';
import { type ReceivedEvent, startWebhookReceiver } from './webhook-receiver.ts';

const POLL_MS = 200;
const EVENT_TYPES = ['monitor.*', 'rollout.*', 'retraining.*'];
const OURS = 'http://127.0.0.1:';
const DRIFT_DETECTED = 'monitor.drift.detected.v1';

/** What the tenants' own program hears by signed webhooks. */
export interface Alerts {
  /** Registers the program for a tenant, in place of those of earlier runs. */
  subscribe(tenant: Tenant): Promise<void>;
  /** The alerts about drift that were verified, each once. */
  heard(slug: string): readonly ReceivedEvent[];
  /** Waits for the alert of a scan, at most so long. */
  awaitAlert(slug: string, scan: string, limitMs: number): Promise<ReceivedEvent>;
  /** Ends the subscriptions and the program. */
  close(): Promise<void>;
}

export async function listenForAlerts(): Promise<Alerts> {
  const receiver = await startWebhookReceiver();
  const registered: { readonly tenant: Tenant; readonly id: string }[] = [];
  const heard = (slug: string) => receiver.received(slug).filter(({ type }) => type === DRIFT_DETECTED);
  return {
    async subscribe(tenant) {
      const { slug, asService } = tenant;
      const { items } = await asService.get<{ items: readonly { id: string; url: string }[] }>('/v1/webhooks?limit=100');
      // A run that was killed has left its address behind, where nobody listens any more.
      await Promise.all(items.filter(({ url }) => url.startsWith(OURS)).map(({ id }) => asService.delete(`/v1/webhooks/${id}`)));
      const endpoint = { url: receiver.urlOf(slug), eventTypes: EVENT_TYPES };
      const { id, secret } = await asService.post<{ id: string; secret: string }>('/v1/webhooks', endpoint);
      registered.push({ tenant, id });
      receiver.trust(slug, secret);
    },
    heard,
    async awaitAlert(slug, scan, limitMs) {
      const until = Date.now() + limitMs;
      for (;;) {
        const found = heard(slug).find(({ data }) => data['scan'] === scan);
        if (found) return found;
        if (Date.now() > until) {
          const others = receiver.received(slug).map(({ type }) => type);
          const refused = receiver.refused.length > 0 ? `; refused: ${receiver.refused.join(', ')}` : '';
          throw new Error(
            `no webhook told ${slug} of the scan ${scan} in ${limitMs / 1000} s; it heard ${others.join(', ') || 'nothing'}${refused}`,
          );
        }
        await sleep(POLL_MS);
      }
    },
    async close() {
      await Promise.allSettled(registered.map(({ tenant, id }) => tenant.asService.delete(`/v1/webhooks/${id}`)));
      await receiver.stop();
    },
  };
}
