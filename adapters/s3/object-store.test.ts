import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '#core/kernel/index.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { type ObjectStore, s3ObjectStore } from './object-store.ts';

let aws: TestAws;
let s3: S3Client;
let calls: number;
/** What the next calls end with instead of reaching S3. */
let broken: unknown[];
let store: ObjectStore;

beforeAll(async () => {
  aws = await startAws();
  s3 = new S3Client(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  const send = (async (command: never) => {
    calls += 1;
    const error = broken.shift();
    if (error !== undefined) throw error;
    return s3.send(command);
  }) as S3Client['send'];
  store = s3ObjectStore({ send }, 'data');
});
beforeEach(() => {
  calls = 0;
  broken = [];
});
afterAll(async () => {
  s3.destroy();
  await aws.stop();
});

function answered(name: string, httpStatusCode: number): S3ServiceException {
  const $fault = httpStatusCode < 500 ? 'client' : 'server';
  return new S3ServiceException({ name, $fault, $metadata: { httpStatusCode } });
}

async function stored(content: string): Promise<string> {
  const key = `tenants/t/${randomUUID()}`;
  await store.put(key, content, 'text/plain');
  calls = 0;
  return key;
}

describe('the object store', () => {
  it('calls a full disk a full disk, and does not try again', async () => {
    const key = await stored('rows');
    await expect(store.download(key, '/dev/full')).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(calls).toBe(1);
  });

  it.each([
    { name: 'a fault of S3', error: answered('InternalError', 500) },
    { name: 'a refusal for haste', error: answered('TooManyRequests', 429) },
    { name: 'a connection that broke', error: Object.assign(new Error('aborted'), { code: 'ECONNRESET' }) },
    { name: 'a time that ran out', error: Object.assign(new Error('late'), { name: 'TimeoutError' }) },
    { name: 'another writer of the same at once', error: answered('ConditionalRequestConflict', 409) },
  ])('tries again after $name, and says at last that S3 is not available', async ({ error }) => {
    broken = [error, error];
    expect(await store.putOnce((sha256) => `tenants/t/${sha256}`, Buffer.from('once'), 'text/plain')).toMatchObject({ bytes: 4 });
    expect(calls).toBe(3);
    broken = [error, error, error];
    await expect(store.read('tenants/t/any')).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('passes a refusal of S3 on at once', async () => {
    const denied = answered('AccessDenied', 403);
    broken = [denied];
    await expect(store.read('tenants/t/any')).rejects.toBe(denied);
    expect(calls).toBe(1);
  });
});
