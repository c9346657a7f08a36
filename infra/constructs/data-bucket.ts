import { Duration } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import { closedBucket, writtenOnce } from './closed-bucket.ts';

export interface DataBucketProps {
  readonly settings: Settings;
}

/**
 * Keys that name their content, or all that it is made of: nobody writes one twice. Not among them are a training job's own folder
 * (`runs`), into which SageMaker writes without a condition, and the pages of evaluations, which a repeated step dates anew.
 */
export const IMMUTABLE = [
  'datasets',
  'sources',
  'batch-inputs',
  'artifacts',
  'quarantine',
  'executions-data',
  'predictions',
  'batches',
  'reports/quality',
  'reports/drift',
].map((folder) => `tenants/*/${folder}/*`);

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
