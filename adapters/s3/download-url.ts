import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const URL_SECONDS = 15 * 60;

/** Addresses that download one object of the bucket for a quarter of an hour. */
export function s3DownloadUrl(client: S3Client, bucket: string): (key: string) => Promise<string> {
  return (key) => getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: URL_SECONDS });
}
