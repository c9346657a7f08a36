import { createHash } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { s3DownloadUrl } from './download-url.ts';
import { s3Uploads, type Uploads } from './uploads.ts';

let aws: TestAws;
let uploads: Uploads;
let downloadUrl: (key: string) => Promise<string>;
const rows = Buffer.from('PAR1 rows PAR1');
const sha256 = createHash('sha256').update(rows).digest('hex');

beforeAll(async () => {
  aws = await startAws();
  const client = new S3Client({ ...aws.config, requestChecksumCalculation: 'WHEN_REQUIRED' });
  await client.send(new CreateBucketCommand({ Bucket: 'data' }));
  uploads = s3Uploads(client, 'data');
  downloadUrl = s3DownloadUrl(client, 'data');
});
afterAll(() => aws.stop());

describe('an upload', () => {
  it('is found with its size and checksum after it was put, and cannot be put again', async () => {
    const key = `tenants/t/datasets/${sha256}.parquet`;
    expect(await uploads.find(key)).toBeUndefined();
    const { url, headers, expiresAt } = await uploads.presign(key, { sha256, bytes: rows.length }, new Date());
    expect((await fetch(url, { method: 'PUT', headers, body: rows })).status).toBe(200);
    expect(await uploads.find(key)).toEqual({ bytes: rows.length, sha256 });
    expect((await fetch(url, { method: 'PUT', headers, body: rows })).status).toBe(412);
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
    expect(Buffer.from(await (await fetch(await downloadUrl(key))).arrayBuffer())).toEqual(rows);
  });

  it('signs the length, the checksum and that nothing is replaced', async () => {
    const { url } = await uploads.presign('k', { sha256, bytes: rows.length }, new Date());
    const signed = new URL(url).searchParams.get('X-Amz-SignedHeaders')?.split(';');
    expect(signed).toEqual(expect.arrayContaining(['content-length', 'host', 'if-none-match', 'x-amz-checksum-sha256']));
  });

  it('of other bytes than announced is refused', async () => {
    const { url, headers } = await uploads.presign('other', { sha256, bytes: 5 }, new Date());
    expect((await fetch(url, { method: 'PUT', headers, body: 'other' })).ok).toBe(false);
    expect(await uploads.find('other')).toBeUndefined();
  });
});
