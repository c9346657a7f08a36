import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, type Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

/** What every bucket of ours is: private, over TLS only, encrypted by S3's own keys (a KMS key would cost a call per object and guard against nobody else). */
export function closedBucket(settings: Settings) {
  return {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: dataRemoval(settings),
    // CloudFormation deletes no bucket that holds anything.
    autoDeleteObjects: !settings.keepData,
  };
}

/** Refuses a second object under keys that only ever name one content; the sid says so to whoever is refused. */
export function writtenOnce(bucket: Bucket, sid: string, keys: readonly string[]): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: keys.map((some) => bucket.arnForObjects(some)),
      // The parts of a multipart upload carry no If-None-Match; the request that completes it does.
      conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    }),
  );
}
