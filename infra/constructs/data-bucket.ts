import { Duration } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import { closedBucket, writtenOnce } from './closed-bucket.ts';

export interface DataBucketProps {
  readonly settings: Settings;
}

/** Keys named by the hash of their content: nobody writes one twice. */
const IMMUTABLE = ['tenants/*/datasets/*', 'tenants/*/sources/*', 'tenants/*/artifacts/*'];

/** Everything large: one bucket, keys under `tenants/<id>/`, versioned. */
export class DataBucket extends Construct {
  readonly bucket: Bucket;
  /** Of every bucket. */
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, { settings }: DataBucketProps) {
    super(scope, id);
    const common = closedBucket(settings);
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...common,
      lifecycleRules: [{ expiration: Duration.days(settings.logRetentionDays) }],
    });
    this.bucket = new Bucket(this, 'Bucket', {
      ...common,
      versioned: true,
      serverAccessLogsBucket: this.accessLogs,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
    writtenOnce(this.bucket, 'ImmutableKeysAreWrittenOnce', IMMUTABLE);
  }
}
