import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { Bucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { closedBucket, writtenOnce } from './closed-bucket.ts';

export interface EvidenceBucketProps {
  readonly settings: Settings;
  readonly accessLogs: Bucket;
}

/** Sealed segments of the audit chain. */
const AUDIT = 'tenants/*/audit/*';

/** What must outlive whoever could want it gone: nothing is written twice, and where the stage says for how long, nobody deletes it sooner, the account's owner included. */
export class EvidenceBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { settings, accessLogs }: EvidenceBucketProps) {
    super(scope, id);
    const { evidenceLockDays, keepData, stage } = settings;
    if (evidenceLockDays !== undefined && !keepData)
      throw new Error(`Stage ${stage} locks its evidence and does not keep its data: set keepData, or leave evidenceLockDays out.`);
    this.bucket = new Bucket(this, 'Bucket', {
      ...closedBucket(settings),
      versioned: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'evidence/',
      ...(evidenceLockDays === undefined
        ? {}
        : { objectLockEnabled: true, objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(evidenceLockDays)) }),
    });
    writtenOnce(this.bucket, 'EvidenceIsWrittenOnce', ['tenants/*']);
  }

  /** Lets a function add evidence, and neither read nor change what is there. */
  grantAdd(fn: Lambda, bucketSpelling: string): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [this.bucket.arnForObjects(AUDIT)] }));
    if (fn.role)
      acknowledge(fn.role, {
        [wildcard(`Resource::${bucketSpelling}/${AUDIT}`)]:
          "Seals every tenant's chain; the key is made from the tenant and the segment, never by a caller.",
      });
  }

  /** Lets a function compare evidence with the database. Without the right to list, S3 would not tell what is missing from what is forbidden. */
  grantRead(fn: Lambda, bucketSpelling: string): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [this.bucket.arnForObjects(AUDIT)] }));
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }));
    if (fn.role)
      acknowledge(fn.role, {
        [wildcard(`Resource::${bucketSpelling}/${AUDIT}`)]: "Reads every tenant's evidence; the key is made from the membership.",
      });
  }
}
