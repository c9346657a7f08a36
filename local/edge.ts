import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createProxyServer } from 'httpxy';

/** As long as CloudFront's longest: with Node's own 5 s, a client on a busy machine sends into a connection that is just being closed. */
const IDLE_CONNECTION_MS = 60_000;

export interface EdgeProps {
  readonly port: number;
  /** Base URL of the deployed API without a trailing slash; `undefined` while nothing is deployed. */
  readonly target: () => Promise<string | undefined>;
}

export interface Edge {
  readonly port: number;
  close(): Promise<void>;
}

/** What CloudFront or a custom domain is in AWS: one stable base URL in front of the deployed HTTP API. It forwards to that API and to nothing else. */
export async function startEdge({ port, target }: EdgeProps): Promise<Edge> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const proxy = createProxyServer({ agent, xfwd: true, proxyTimeout: 35_000 });
  const server = createServer((request, response) => {
    void forward(request, response).catch((error: unknown) => refuse(response, 502, 'bad gateway', String(error)));
  });
  server.keepAliveTimeout = IDLE_CONNECTION_MS;
  // A client that hangs up is its own business; without a listener the proxy would throw.
  proxy.on('econnreset', () => undefined);

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const base = await target();
    if (base === undefined) {
      return refuse(
        response,
        503,
        'nothing deployed yet',
        'The region is up, but no HTTP API is deployed in it. Deploy the app and call again.',
      );
    }
    // Only the path and the query are the caller's: an absolute URL in the request line must not choose another host.
    const { pathname, search } = new URL(request.url ?? '/', 'http://edge');
    request.url = `${pathname}${search}`;
    await proxy.web(request, response, { target: base });
  }

  await listen(server, port);
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

function refuse(response: ServerResponse, status: number, title: string, detail: string): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  response.writeHead(status, { 'content-type': 'application/problem+json', ...(status === 503 ? { 'retry-after': '2' } : {}) }).end(body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
