import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CuttingProxy, cuttingProxy } from './cutting-proxy.ts';

let proxy: CuttingProxy;
/** What the server behind it was asked. */
let asked: string[];
let close: () => void;

beforeEach(async () => {
  asked = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      asked.push(String(data));
      socket.write(`answer to ${data}`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  proxy = await cuttingProxy((server.address() as AddressInfo).port);
  close = () => server.close();
});
afterEach(async () => {
  await proxy.close();
  close();
});

interface Caller {
  readonly socket: Socket;
  readonly heard: string[];
  /** How it ended; nothing while it lives. */
  end?: string;
}

async function caller(): Promise<Caller> {
  const socket = connect(proxy.port, '127.0.0.1');
  const made: Caller = { socket, heard: [] };
  socket.on('data', (data) => made.heard.push(String(data)));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    made.end = error.code ?? 'error';
  });
  socket.write('one');
  await expect.poll(() => made.heard).toEqual(['answer to one']);
  return made;
}

describe('a connection through the proxy', () => {
  it('is reset by a cut, and a new one is let through', async () => {
    const cut = await caller();
    expect(proxy.strike('cut')).toBe(1);
    await expect.poll(() => cut.end).toBe('ECONNRESET');
    (await caller()).socket.destroy();
  });

  it('goes silent when it stalls', async () => {
    const stalled = await caller();
    proxy.strike('stall');
    stalled.socket.write('two');
    await sleep(200);
    expect(asked).toEqual(['one']);
    expect(stalled.end).toBeUndefined();
    stalled.socket.destroy();
  });

  it('half closed carries what is asked and loses the answer', async () => {
    const half = await caller();
    proxy.strike('half-close');
    half.socket.write('two');
    await expect.poll(() => asked).toEqual(['one', 'two']);
    await expect.poll(() => half.end).toBe('ECONNRESET');
    expect(half.heard).toEqual(['answer to one']);
  });
});
