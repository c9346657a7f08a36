import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, it } from 'vitest';
import { s3ObjectStore } from '#adapters/s3/object-store.ts';
import { StoreUnavailable } from '#core/kernel/index.ts';
import { clientTimeouts } from './client-timeouts.ts';

const SILENCE_MS = 200;
let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** What a client of a step is made with, for a service that answers as it is told; how often it was asked. */
async function asked(answer: (response: ServerResponse, call: number) => void) {
  let calls = 0;
  server = createServer((_, response) => {
    calls += 1;
    answer(response, calls);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const config = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    ...clientTimeouts({ silenceMs: SILENCE_MS }),
  };
  return { config, store: s3ObjectStore(new S3Client({ ...config, forcePathStyle: true }), 'data'), calls: () => calls };
}

const half = (response: ServerResponse) => response.writeHead(200, { 'content-length': '4' }).write('ro');

it('a file that stops coming half way is asked for again', async () => {
  const { store, calls } = await asked((response, call) => (call === 1 ? half(response) : response.end('rows')));
  expect(Buffer.from((await store.read('tenants/t/rows')) ?? []).toString()).toBe('rows');
  expect(calls()).toBe(2);
});

it.each([
  { name: 'never answers', answer: () => undefined },
  { name: 'always stops half way', answer: half },
])('a store that $name is unavailable, which the machine tries again', async ({ answer }) => {
  const { store, calls } = await asked(answer);
  await expect(store.read('tenants/t/rows')).rejects.toBeInstanceOf(StoreUnavailable);
  expect(calls()).toBe(3);
});

it('what comes slowly is waited for', async () => {
  const { store, calls } = await asked((response) => {
    half(response);
    for (const [index, text] of ['w', 's'].entries()) setTimeout(() => response.write(text), (index + 1) * SILENCE_MS * 0.7);
  });
  expect(await store.read('tenants/t/rows')).toHaveLength(4);
  expect(calls()).toBe(1);
});

it('a table that never answers ends the call too', async () => {
  const { config } = await asked(() => undefined);
  const asking = new DynamoDBClient(config).send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }));
  await expect(asking).rejects.toMatchObject({ name: 'TimeoutError' });
});
