import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Tenant } from './tenants.ts';

const POLL_MS = 200;
const EVENT_TYPES = ['monitor.*', 'rollout.*', 'retraining.*'];

/** A verified event, once however often it is delivered. */
export interface Heard {
  /** The same in every delivery of one event. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The service of the tenants that wants to be told: a server of its own that believes nothing but a good signature. */
export interface WebhookReceiver {
  /** Registers the receiver for a tenant, in place of those of earlier runs. */
  subscribe(tenant: Tenant): Promise<void>;
  heard(slug: string): readonly Heard[];
  /** Waits for the alert of a scan, at most so long. */
  awaitEvent(slug: string, scan: string, limitMs: number): Promise<Heard>;
  close(): Promise<void>;
}

interface Subscription {
  readonly tenant: Tenant;
  readonly endpoint: string;
  readonly secret: Webhook;
  readonly events: Map<string, Heard>;
  refused: number;
}

/** @returns a receiver that listens on a free port of this machine */
export async function webhookReceiver(): Promise<WebhookReceiver> {
  const subscriptions = new Map<string, Subscription>();
  const server = createServer(async (request, response) => {
    response.writeHead(await receive(subscriptions, request)).end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const of = (slug: string) => {
    const subscription = subscriptions.get(slug);
    if (!subscription) throw new Error(`${slug} has not subscribed`);
    return subscription;
  };

  return {
    async subscribe(tenant) {
      const { items } = await tenant.asService.get<{ items: readonly { id: string; url: string }[] }>('/v1/webhooks?limit=100');
      // A run that was killed has left its address behind, where nobody listens any more.
      await Promise.all(
        items.filter(({ url }) => url.startsWith('http://127.0.0.1:')).map(({ id }) => tenant.asService.delete(`/v1/webhooks/${id}`)),
      );
      const { id, secret } = await tenant.asService.post<{ id: string; secret: string }>('/v1/webhooks', {
        url: `${base}/${tenant.slug}`,
        eventTypes: EVENT_TYPES,
      });
      subscriptions.set(tenant.slug, { tenant, endpoint: id, secret: new Webhook(secret), events: new Map(), refused: 0 });
    },
    heard: (slug) => [...of(slug).events.values()],
    async awaitEvent(slug, scan, limitMs) {
      const until = Date.now() + limitMs;
      for (;;) {
        const { events, refused } = of(slug);
        const found = [...events.values()].find(({ type, data }) => type === 'monitor.drift.detected.v1' && data['scan'] === scan);
        if (found) return found;
        if (Date.now() > until) {
          throw new Error(
            `no webhook told ${slug} of the scan ${scan} in ${limitMs / 1000} s; ${events.size} other events came, ${refused} had no good signature`,
          );
        }
        await sleep(POLL_MS);
      }
    },
    async close() {
      const left = [...subscriptions.values()].map(({ tenant, endpoint }) => tenant.asService.delete(`/v1/webhooks/${endpoint}`));
      await Promise.allSettled(left);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The status that the sender gets: 204 for what is verified, also when it comes again. */
async function receive(subscriptions: ReadonlyMap<string, Subscription>, request: IncomingMessage): Promise<number> {
  const subscription = subscriptions.get((request.url ?? '').slice(1));
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (!subscription) return 404;
  try {
    const event = subscription.secret.verify(Buffer.concat(chunks).toString(), request.headers as Record<string, string>) as Omit<
      Heard,
      'id'
    >;
    const id = String(request.headers['webhook-id']);
    subscription.events.set(id, { id, type: event.type, data: event.data });
    return 204;
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    subscription.refused += 1;
    return 401;
  }
}
