import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

export interface S3Object {
  readonly key: string;
  readonly bytes: number;
}

const LARGEST_PUT_BYTES = 5 * 1024 ** 3;

export function parseS3Uri(uri: string): S3Location {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
  return { bucket, key };
}

/** Every object under the prefix, folder markers left out; `limit` stops early. */
export async function listObjects(
  s3: S3Client,
  { bucket, key }: S3Location,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly S3Object[]> {
  const found: S3Object[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: key, ...(token !== undefined && { ContinuationToken: token }) }),
    );
    for (const entry of page.Contents ?? []) {
      if (entry.Key !== undefined && !entry.Key.endsWith('/')) found.push({ key: entry.Key, bytes: entry.Size ?? 0 });
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined && found.length < limit);
  return found;
}

export async function downloadObject(s3: S3Client, { bucket, key }: S3Location, path: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await patiently(async () => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    await pipeline(Body as Readable, createWriteStream(path), { signal });
  });
}

/** One PUT: the object is there whole or not at all. */
export async function uploadFile(s3: S3Client, path: string, { bucket, key }: S3Location, kmsKeyId: string | undefined): Promise<void> {
  const { size } = await stat(path);
  if (size > LARGEST_PUT_BYTES) throw new Error(`${path} has ${size} bytes; one upload takes at most ${LARGEST_PUT_BYTES}.`);
  await patiently(() =>
    s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: createReadStream(path),
        ContentLength: size,
        ...(kmsKeyId !== undefined && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId }),
      }),
    ),
  );
}

const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** What S3 has not refused is sent again from the beginning: the SDK does not repeat what it has begun to stream. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await send();
    } catch (error) {
      const { $metadata, name } = error as { readonly $metadata?: { readonly httpStatusCode?: number }; readonly name?: string };
      if (name === 'AbortError' || ($metadata?.httpStatusCode ?? 500) < 500) throw error;
      await sleep(wait);
    }
  }
  return send();
}
