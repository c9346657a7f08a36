import { HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

export interface StoredUpload {
  readonly bytes: number;
  /** Hexadecimal; undefined when the store kept no checksum of the whole object. */
  readonly sha256: string | undefined;
}

const URL_SECONDS = 15 * 60;
const CHECKSUM = 'x-amz-checksum-sha256';

/** Files that callers put into the bucket by themselves. The client must be made with `requestChecksumCalculation: 'WHEN_REQUIRED'`. */
export function s3Uploads(client: S3Client, bucket: string) {
  return {
    /** A URL that takes exactly these bytes, once: the checksum, the length and "only if there is nothing yet" are signed. */
    async presign(key: string, { sha256, bytes }: { readonly sha256: string; readonly bytes: number }, now: Date) {
      const headers = { [CHECKSUM]: Buffer.from(sha256, 'hex').toString('base64'), 'if-none-match': '*' };
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        ContentLength: bytes,
        ChecksumSHA256: headers[CHECKSUM],
        IfNoneMatch: '*',
      });
      const url = await getSignedUrl(client, put, {
        expiresIn: URL_SECONDS,
        signingDate: now,
        unhoistableHeaders: new Set([CHECKSUM]),
        signableHeaders: new Set(['host', 'content-length', 'if-none-match', CHECKSUM]),
      });
      return { url, headers, expiresAt: new Date(now.getTime() + URL_SECONDS * 1000) };
    },
    async find(key: string): Promise<StoredUpload | undefined> {
      try {
        const { ContentLength = 0, ChecksumSHA256 } = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }),
        );
        // A composite checksum of a multipart upload ends in "-<parts>" and says nothing of the whole.
        const isWhole = ChecksumSHA256 !== undefined && !ChecksumSHA256.includes('-');
        return { bytes: ContentLength, sha256: isWhole ? Buffer.from(ChecksumSHA256, 'base64').toString('hex') : undefined };
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    },
  };
}

export type Uploads = ReturnType<typeof s3Uploads>;
