import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

/** A CloudEvent as it arrived, its signature verified. */
export interface ReceivedEvent {
  /** The event's own id, under which it arrives however often it is sent. */
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WebhookReceiver {
  /** The address to register for this listener, such as a tenant's name. */
  urlOf(listener: string): string;
  /** The secret that registering answered with; what comes before it is known is refused and comes again. */
  trust(listener: string, secret: string): void;
  /** What arrived for this listener, each event once, in the order of arrival. */
  received(listener: string): readonly ReceivedEvent[];
  /** Calls that were refused, and why. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

const LARGEST_BODY = 1024 * 1024;

/** Somebody's own program that is told of events: it believes nothing without a valid signature, and knows what it had before. */
export async function startWebhookReceiver(port = 0): Promise<WebhookReceiver> {
  const secrets = new Map<string, Webhook>();
  const events = new Map<string, Map<string, ReceivedEvent>>();
  const refused: string[] = [];

  const server = createServer((request, response) => {
    take(request).then(
      (status) => answer(response, status),
      (error: Error) => {
        refused.push(`${request.url}: ${error.message}`);
        answer(response, error instanceof WebhookVerificationError ? 401 : 400);
      },
    );
  });

  async function take(request: IncomingMessage): Promise<number> {
    const listener = decodeURIComponent((request.url ?? '/').slice(1));
    const secret = secrets.get(listener);
    if (!secret) throw new WebhookVerificationError('nobody here has a secret yet');
    const body = await text(request);
    const header = (name: string) => String(request.headers[name] ?? '');
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    // The text as it came is what was signed: JSON that is parsed and written again may differ.
    const event = secret.verify(body, Object.fromEntries(names.map((name) => [name, header(name)]))) as ReceivedEvent;
    const known = events.get(listener) ?? new Map<string, ReceivedEvent>();
    events.set(listener, known);
    const id = header('webhook-id');
    if (!known.has(id)) known.set(id, event);
    return 204;
  }

  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    urlOf: (listener) => `${base}/${encodeURIComponent(listener)}`,
    trust: (listener, secret) => void secrets.set(listener, new Webhook(secret)),
    received: (listener) => [...(events.get(listener)?.values() ?? [])],
    refused,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY) throw new Error(`the body is larger than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
