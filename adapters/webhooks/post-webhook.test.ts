import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postWebhook } from './post-webhook.ts';

const LOOPBACK = [{ address: '127.0.0.1', family: 4 }];
let port: number;
const asked: string[] = [];

/** By path: how the receiver answers. */
const ANSWERS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  '/ok': (_, response) => response.writeHead(204).end(),
  '/broken': (_, response) => response.writeHead(503).end('later'),
  '/moved': (_, response) => response.writeHead(307, { location: '/ok' }).end(),
  '/silent': () => undefined,
  '/endless': (_, response) => {
    response.writeHead(200);
    response.write('x'.repeat(1000));
  },
  '/rude': (request) => request.socket.destroy(),
};

const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.headers.host} ${request.url}`);
  ANSWERS[request.url ?? '']?.(request, response);
});

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const post = postWebhook({ privateAddresses: true, timeoutMs: 500 });
const to = (path: string) => ({ url: `http://127.0.0.1:${port}${path}`, headers: { 'webhook-id': 'a' }, body: '{"ü":1}' });

describe('a post', () => {
  it.each([
    ['/ok', 204],
    ['/broken', 503],
    ['/moved', 307],
    ['/endless', 200],
  ])('to %s tells the status %d and follows nowhere', async (path, status) => {
    asked.length = 0;
    expect(await post(to(path))).toBe(status);
    expect(asked).toEqual([`POST 127.0.0.1:${port} ${path}`]);
  });

  it('gives up on a receiver that is silent', () => expect(post(to('/silent'))).rejects.toThrow('no answer within 0.5 s'));
  it('tells of one that hangs up', () => expect(post(to('/rude'))).rejects.toThrow(/hang up|ECONNRESET/));
  it('tells of one that is not there', () => expect(post({ ...to('/ok'), url: 'http://127.0.0.1:1/' })).rejects.toThrow('ECONNREFUSED'));
  it('gives up on a resolver that is silent', () =>
    expect(
      postWebhook({ privateAddresses: true, timeoutMs: 50, resolve: () => new Promise(() => undefined) })({
        ...to('/ok'),
        url: 'http://hooks.example.com/',
      }),
    ).rejects.toThrow('no answer'));
});

describe('where it may go', () => {
  const closed = (resolve: () => Promise<typeof LOOPBACK>) => postWebhook({ privateAddresses: false, resolve });

  it('is not a private address, nor a name that means one, nor one that means it among others', async () => {
    asked.length = 0;
    await expect(closed(async () => LOOPBACK)({ ...to('/ok'), url: `https://127.0.0.1:${port}/ok` })).rejects.toThrow('public internet');
    await expect(closed(async () => LOOPBACK)({ ...to('/ok'), url: `https://hooks.example.com:${port}/ok` })).rejects.toThrow(
      'hooks.example.com is 127.0.0.1',
    );
    const mixed = async () => [{ address: '93.184.215.14', family: 4 }, ...LOOPBACK];
    await expect(closed(mixed)({ ...to('/ok'), url: `https://hooks.example.com:${port}/ok` })).rejects.toThrow('public internet');
    await expect(closed(async () => [])({ ...to('/ok'), url: 'https://hooks.example.com/' })).rejects.toThrow('has no address');
    expect(asked).toEqual([]);
  });

  it('is not plain HTTP', () =>
    expect(closed(async () => LOOPBACK)({ ...to('/ok'), url: 'http://hooks.example.com/' })).rejects.toThrow('https://'));

  it('is where the name led when it was looked at, not where it leads a moment later', async () => {
    let questions = 0;
    const resolve = async () => {
      questions++;
      return LOOPBACK;
    };
    const url = `http://no-such-name.invalid:${port}/ok`;
    expect(await postWebhook({ privateAddresses: true, resolve })({ ...to('/ok'), url })).toBe(204);
    expect([questions, asked.at(-1)]).toEqual([1, `POST no-such-name.invalid:${port} /ok`]);
  });

  it('is no server without TLS where https was asked for', async () => {
    const url = `https://127.0.0.1:${port}/ok`;
    await expect(post({ ...to('/ok'), url })).rejects.toThrow(/SSL|wrong version|EPROTO/i);
  });
});
