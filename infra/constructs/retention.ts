import { Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { DataStack } from '../stacks/data.ts';
import type { NetworkStack } from '../stacks/network.ts';
import type { Workspace } from '../workspace.ts';
import { deadLetters } from './dead-lettered-queue.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface RetentionProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** Where something may be removed, as `core/retention/kept.ts` has it; a test compares them. */
export const REMOVABLE = ['predictions', 'batch-inputs', 'batches', 'executions-data', 'quarantine', 'runs', 'reports/drift'];

/**
 * Removes what a tenant's policy does not keep. A change of a policy enters the tenant into a table; a clock has the table looked at,
 * and whoever is due is looked at in S3 and Mongo. Only where something is old Postgres is asked.
 */
export class Retention extends Construct {
  constructor(scope: Construct, id: string, { settings, workspace, network, data }: RetentionProps) {
    super(scope, id);
    const { alarms, tables, bus, bucket, stores } = data;
    const unentered = deadLetters(this, 'Unentered', alarms);
    const { fn } = new SluiceFunction(this, 'Enforcer', {
      name: 'enforce-retention',
      caller: unentered,
      settings,
      workspace,
      alarms,
      place: network.place,
      timeout: Duration.minutes(10),
      memoryMb: 1024,
      environment: {
        RETAINED_TABLE: tables.retained.tableName,
        BELL_TABLE: tables.bell.tableName,
        DATA_BUCKET: bucket.bucketName,
        POSTGRES_SECRET_ARN: stores.postgres.secretArn,
        MONGO_SECRET_ARN: stores.mongo.secretArn,
      },
    });
    const changed = new Rule(this, 'Changed', {
      eventBus: bus,
      description: `Sluice ${settings.stage}: a policy may say how long data is kept`,
      eventPattern: { source: ['sluice'], detailType: ['policy.changed.v1'] },
    });
    const event = RuleTargetInput.fromObject({ policyOf: EventField.fromPath('$.detail.tenant') });
    changed.addTarget(new LambdaFunction(fn, { event, deadLetterQueue: unentered }));
    const clock = new Rule(this, 'Clock', {
      description: `Sluice ${settings.stage}: removes what is not kept any longer`,
      schedule: Schedule.rate(Duration.hours(1)),
    });
    clock.addTarget(new LambdaFunction(fn, { event: RuleTargetInput.fromObject({ enforce: true }), retryAttempts: 0 }));
    acknowledge(clock, { 'Serverless-EventBusDLQ': 'A tick carries nothing: the next one, an hour later, finds the same tenants due.' });

    stores.postgres.grantRead(fn);
    stores.mongo.grantRead(fn);
    tables.bell.grant(fn, 'dynamodb:PutItem');
    tables.retained.grant(fn, 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:Scan');
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:ListBucketVersions'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': REMOVABLE.map((folder) => `tenants/*/${folder}/`) } },
      }),
    );
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:DeleteObjectVersion'],
        resources: REMOVABLE.map((folder) => bucket.arnForObjects(`tenants/*/${folder}/*`)),
      }),
    );
    if (fn.role)
      acknowledge(
        fn.role,
        Object.fromEntries(
          REMOVABLE.map((folder) => [
            wildcard(`Resource::${data.bucketSpelling}/tenants/*/${folder}/*`),
            'Removes what is old of every tenant, here and nowhere else; the tenant is the one whose policy it enforces.',
          ]),
        ),
      );
  }
}
