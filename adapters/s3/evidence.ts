import { createHash } from 'node:crypto';
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Evidence, EvidenceKeeping } from '#core/audit/index.ts';
import { patiently, statusOf } from './patiently.ts';

/** Adds to the bucket of evidence, whose objects are written once and, where the stage says so, locked; needs no right to read. */
export function s3EvidenceKeeping(client: Pick<S3Client, 'send'>, bucket: string): EvidenceKeeping {
  return {
    async keep(key, text) {
      const body = Buffer.from(text, 'utf8');
      const ChecksumSHA256 = createHash('sha256').update(body).digest('base64');
      const input = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json', ChecksumSHA256, IfNoneMatch: '*' };
      try {
        await patiently(() => client.send(new PutObjectCommand(input)));
      } catch (error) {
        // Another sealer was first, or this one before it broke off.
        if (statusOf(error) !== 412) throw error;
      }
    },
  };
}

/** Reads what is in the bucket of evidence. */
export function s3Evidence(client: Pick<S3Client, 'send'>, bucket: string): Evidence {
  return {
    read: (key) =>
      patiently(async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
          return await Body?.transformToString('utf8');
        } catch (error) {
          if (error instanceof NoSuchKey) return undefined;
          throw error;
        }
      }),
    async after(folder, key, limit) {
      const input = { Bucket: bucket, Prefix: folder, StartAfter: key, MaxKeys: limit };
      const { Contents = [] } = await patiently(() => client.send(new ListObjectsV2Command(input)));
      return Contents.map(({ Key = '' }) => Key);
    },
  };
}
