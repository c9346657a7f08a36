import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from './edge.ts';
import { freePort } from './free-port.ts';

let target: string | undefined;
let upstream: Server;
let base: string;
let edge: Edge;

beforeAll(async () => {
  upstream = createServer(async (incoming, response) => {
    if (incoming.url?.endsWith('/slow')) {
      response.write('first ');
      setTimeout(() => response.end('second'), 100);
      return;
    }
    let length = 0;
    for await (const chunk of incoming) length += (chunk as Buffer).length;
    response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
    response.end(JSON.stringify({ url: incoming.url, method: incoming.method, headers: incoming.headers, length }));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => upstream.listen(port, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${port}/_aws/execute-api/abc/$default`;
  target = base;
  edge = await startEdge({ port: 0, target: async () => target });
});
afterAll(async () => {
  await edge.close();
  await new Promise((resolve) => upstream.close(resolve));
});

const url = (path: string) => `http://127.0.0.1:${edge.port}${path}`;

describe('the edge', () => {
  it('forwards path, query, method, headers and body under the address of the API', async () => {
    const answer = await fetch(url('/v1/models/a%2Fb?x=1&y=%20z'), {
      method: 'POST',
      body: 'x'.repeat(100_000),
      headers: { authorization: 'Bearer t', 'sluice-tenant': 'growing', traceparent: '00-a-b-01' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await answer.json()).toMatchObject({
      url: '/_aws/execute-api/abc/$default/v1/models/a%2Fb?x=1&y=%20z',
      method: 'POST',
      length: 100_000,
      headers: {
        authorization: 'Bearer t',
        'sluice-tenant': 'growing',
        traceparent: '00-a-b-01',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': `127.0.0.1:${edge.port}`,
      },
    });
  });

  it('passes an answer on while it is still being made', async () => {
    const answer = await fetch(url('/slow'));
    const chunks: string[] = [];
    for await (const chunk of answer.body ?? []) chunks.push(Buffer.from(chunk).toString());
    expect(chunks).toEqual(['first ', 'second']);
  });

  it('goes to the API whatever host the request line names', async () => {
    const answer = await raw(`GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain('/_aws/execute-api/abc/$default/latest/meta-data');
  });

  it('says that nothing is deployed yet', async () => {
    target = undefined;
    const answer = await fetch(url('/v1/models'));
    target = base;
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toMatchObject({ title: 'nothing deployed yet', status: 503 });
  });

  it('answers 502 when the engine is away, and serves again when it is back', async () => {
    target = `http://127.0.0.1:${await freePort()}/x`;
    const answer = await fetch(url('/v1/models'));
    target = base;
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ title: 'bad gateway' });
    expect((await fetch(url('/again'))).status).toBe(201);
  });

  it('outlives callers that hang up', async () => {
    await new Promise<void>((resolve) => {
      const call = request(url('/slow'), (response: IncomingMessage) => {
        response.once('data', () => {
          call.destroy();
          resolve();
        });
      });
      call.once('error', () => undefined);
      call.end();
    });
    expect((await fetch(url('/still-there'))).status).toBe(201);
  });
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(edge.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
