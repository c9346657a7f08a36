import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '#core/kernel/index.ts';
import { mongoAddress, mongoStore } from './mongo-store.ts';

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
