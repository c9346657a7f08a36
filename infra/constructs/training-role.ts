import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { DataStack } from '../stacks/data.ts';

export interface TrainingRoleProps {
  readonly data: DataStack;
  /** The built-in algorithms. */
  readonly source: Asset;
  /** Where the images that jobs may run are pulled from. */
  readonly repositoryArns: readonly string[];
}

/** What a training job may do: read tenants' data and the sources, write under its run, and tell its log and metrics. */
export class TrainingRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, { data: { bucket, bucketSpelling }, source, repositoryArns }: TrainingRoleProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('sagemaker.amazonaws.com'), description: 'Training jobs' });
    const allow = (statement: { actions: string[]; resources: string[]; conditions?: Record<string, unknown> }) =>
      this.role.addToPolicy(new PolicyStatement(statement));
    allow({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('tenants/*'), source.bucket.arnForObjects(source.s3ObjectKey)] });
    allow({ actions: ['s3:PutObject', 's3:AbortMultipartUpload'], resources: [bucket.arnForObjects('tenants/*/runs/*')] });
    allow({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn], conditions: { StringLike: { 's3:prefix': 'tenants/*' } } });
    // The source is a channel like the rows, and SageMaker finds a channel's objects by listing its prefix.
    allow({
      actions: ['s3:ListBucket'],
      resources: [source.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': `${source.s3ObjectKey}*` } },
    });
    allow({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
      resources: [
        stack.formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: '/aws/sagemaker/TrainingJobs*',
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    });
    allow({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringLike: { 'cloudwatch:namespace': '/aws/sagemaker/*' } },
    });
    allow({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] });
    allow({
      actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'],
      resources: [...repositoryArns],
    });
    acknowledge(this.role, {
      [wildcard('Resource::*')]: 'PutMetricData, bound to its namespace, and GetAuthorizationToken take no resource.',
      [wildcard(`Resource::${bucketSpelling}/tenants/*`)]:
        "A job of any tenant; its channels, written by the control plane, name that tenant's keys, and it has no network to ask for others.",
      [wildcard(`Resource::${bucketSpelling}/tenants/*/runs/*`)]:
        'A job writes the folder of its run alone, whose id is made after the role.',
      [wildcard('Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/TrainingJobs*')]:
        'SageMaker names the streams.',
    });
  }
}
