import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { deployedApi } from './deployed-api.ts';

afterEach(() => vi.useRealTimers());

it('the first call after an API was destroyed and made again reaches the new one, however long nobody called', async () => {
  let api = 'first';
  const engine = createServer((_, response) => {
    response.end(JSON.stringify({ items: [{ apiId: api, protocolType: 'HTTP', createdDate: '2026-01-01' }] }));
  });
  await new Promise<void>((listening) => engine.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  vi.useFakeTimers({ toFake: ['Date'] });
  const target = deployedApi(url, () => undefined);
  try {
    expect(await target()).toContain('/first/');
    api = 'second';
    vi.setSystemTime(Date.now() + 60_000);
    expect(await target()).toContain('/second/');
  } finally {
    engine.closeAllConnections();
    await new Promise((closed) => engine.close(closed));
  }
});
