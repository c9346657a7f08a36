import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiProblem, apiClient, type Client } from './client.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A client of an API that answers one call after the other like this, and like the last for ever, and what that API was asked. */
async function clientOf(...answers: readonly Answer[]): Promise<{ readonly client: Client; readonly keys: (string | undefined)[] }> {
  const keys: (string | undefined)[] = [];
  server = createServer((request, response) => {
    const answer = answers[Math.min(keys.length, answers.length - 1)];
    keys.push(request.headers['idempotency-key'] as string | undefined);
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { client: apiClient(`http://127.0.0.1:${port}`, 'acme', async () => 'token'), keys };
}

const breaksOff: Answer = ({ socket }) => socket.destroy();
const says =
  (status: number, body: object): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('a call of the API', () => {
  it.each([
    ['whose connection breaks', breaksOff],
    ['that a function did not answer in time', says(503, { message: 'Service Unavailable' })],
  ])('%s is sent again under the same key', async (_, first) => {
    const { client, keys } = await clientOf(first, says(201, { id: 'x' }));
    expect(await client.post('/v1/things', {})).toEqual({ id: 'x' });
    expect(keys).toEqual([expect.any(String), keys[0]]);
  });

  it('that is refused is not sent again', async () => {
    const { client, keys } = await clientOf(says(409, { type: '/problems/execution_running' }));
    await expect(client.post('/v1/things', {})).rejects.toMatchObject({ status: 409, code: 'execution_running' });
    expect(keys).toHaveLength(1);
  });

  it('that nobody answers is given up after four tries, with what was seen last', async () => {
    const broken = await clientOf(breaksOff);
    await expect(broken.client.get('/v1/things')).rejects.toThrow('fetch failed');
    expect(broken.keys).toHaveLength(4);
    server.close();
    const busy = await clientOf(says(429, { detail: 'later' }));
    await expect(busy.client.get('/v1/things')).rejects.toBeInstanceOf(ApiProblem);
    expect(busy.keys).toHaveLength(4);
  });
});
