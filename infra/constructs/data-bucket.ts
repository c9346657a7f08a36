import { Duration } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

export interface DataBucketProps {
  readonly settings: Settings;
}

/** Keys named by the hash of their content: nobody writes one twice. */
const IMMUTABLE = ['tenants/*/datasets/*', 'tenants/*/sources/*', 'tenants/*/artifacts/*'];

/** Everything large: one bucket, keys under `tenants/<id>/`, versioned, over TLS only, encrypted by S3's own keys (a KMS key would cost a call per object and guard against nobody else). */
export class DataBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { settings }: DataBucketProps) {
    super(scope, id);
    const common = {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: dataRemoval(settings),
      // CloudFormation deletes no bucket that holds anything.
      autoDeleteObjects: !settings.keepData,
    };
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...common,
      lifecycleRules: [{ expiration: Duration.days(settings.logRetentionDays) }],
    });
    acknowledge(accessLogs, { 'AwsSolutions-S1': 'This bucket takes the access logs; logging itself would never end.' });
    this.bucket = new Bucket(this, 'Bucket', {
      ...common,
      versioned: true,
      serverAccessLogsBucket: accessLogs,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ImmutableKeysAreWrittenOnce',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: IMMUTABLE.map((keys) => this.bucket.arnForObjects(keys)),
        // The parts of a multipart upload carry no If-None-Match; the request that completes it does.
        conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      }),
    );
  }
}
