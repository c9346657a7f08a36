import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '#core/kernel/index.ts';
import { startMongo } from '../../test/support/mongo.ts';
import { mongoAddress, mongoStore } from './mongo-store.ts';
import { reach } from './reach.ts';

describe('the address in a Mongo secret', () => {
  it('may be a URI', () => {
    expect(mongoAddress({ uri: 'mongodb://127.0.0.1:27017', database: 'mine' })).toMatchObject({
      uri: 'mongodb://127.0.0.1:27017',
      database: 'mine',
      options: { retryWrites: false },
    });
  });

  it('may be a DocumentDB cluster’s, reached over TLS, with a password of any characters', () => {
    expect(mongoAddress({ host: 'db.example', port: 27017, username: 'u', password: 'p@/:%' })).toMatchObject({
      uri: 'mongodb://db.example:27017/?replicaSet=rs0&readPreference=primary',
      database: 'sluice',
      options: { tls: true, retryWrites: false, auth: { username: 'u', password: 'p@/:%' } },
    });
  });

  it.each([{ host: 'db.example' }, {}, { uri: 'mongodb://x', database: 7 }])('is refused: %j', (secret) => {
    expect(() => mongoAddress(secret)).toThrow('Mongo secret');
  });

  it('that nobody listens at is said to be unavailable, and is tried again', async () => {
    let asked = 0;
    const secret = async () => {
      asked++;
      return JSON.stringify({ uri: 'mongodb://127.0.0.1:1/', database: 'd' });
    };
    const connect = mongoStore({ secret, patienceMs: 200 });
    await expect(connect()).rejects.toThrow(StoreUnavailable);
    await expect(connect()).rejects.toThrow(StoreUnavailable);
    expect(asked).toBe(2);
  });
});

describe('a server that falls silent', () => {
  it('is unavailable, and is asked anew when it speaks again', async () => {
    const mongo = await startMongo();
    const { hostname, port } = new URL(mongo.uri);
    const sockets: Socket[] = [];
    let silent = false;
    const between = createServer((near) => {
      const far = dial(Number(port), hostname);
      sockets.push(near, far);
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.on('data', (bytes) => silent || far.write(bytes));
      far.on('data', (bytes) => near.write(bytes));
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const uri = `mongodb://127.0.0.1:${(between.address() as AddressInfo).port}/?directConnection=true`;
    const connect = mongoStore({ secret: async () => JSON.stringify({ uri, database: mongo.database }), patienceMs: 1000, silenceMs: 300 });
    try {
      const count = async () => (await connect()).collection('labels').countDocuments({});
      expect(await count()).toBe(0);
      silent = true;
      const begun = performance.now();
      await expect(reach(count)).rejects.toThrow(StoreUnavailable);
      expect(performance.now() - begun).toBeLessThan(10_000);
      silent = false;
      await expect.poll(() => count().catch(() => undefined), { timeout: 10_000 }).toBe(0);
    } finally {
      await (await connect()).client.close();
      for (const socket of sockets) socket.destroy();
      between.close();
      await mongo.stop();
    }
  });
});
