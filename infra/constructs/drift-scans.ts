import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { DataStack } from '../stacks/data.ts';
import type { NetworkStack } from '../stacks/network.ts';
import type { Workspace } from '../workspace.ts';
import { Machine } from './machine.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface DriftScansProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly network: NetworkStack;
  readonly data: DataStack;
  /** DuckDB. */
  readonly layers: readonly ILayerVersion[];
}

/** What looks at the prediction log: the machine that monitors' schedules start, and the function that plans, scans and records. */
export class DriftScans extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, { settings, workspace, network, data, layers }: DriftScansProps) {
    super(scope, id);
    const { fn } = new SluiceFunction(this, 'DriftScan', {
      name: 'drift-scan',
      settings,
      workspace,
      alarms: data.alarms,
      place: network.place,
      timeout: Duration.minutes(10),
      memoryMb: 3008,
      scratchMb: 4096,
      layers,
      environment: {
        POSTGRES_SECRET_ARN: data.stores.postgres.secretArn,
        MONGO_SECRET_ARN: data.stores.mongo.secretArn,
        DATA_BUCKET: data.bucket.bucketName,
        BELL_TABLE: data.tables.bell.tableName,
      },
    });
    data.stores.postgres.grantRead(fn);
    data.stores.mongo.grantRead(fn);
    data.tables.bell.grant(fn, 'dynamodb:PutItem');
    const read = ['tenants/*/predictions/*', 'tenants/*/artifacts/*'];
    const written = 'tenants/*/reports/drift/*';
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: read.map((keys) => data.bucket.arnForObjects(keys)) }));
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [data.bucket.arnForObjects(written)] }));
    // Lists the hours of the log; and without it S3 answers 403 instead of 404 for an object that is not there.
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }));
    if (fn.role) {
      const everyTenant = "Scans every tenant's windows; its keys are made from the scan, never by a caller.";
      const keys = [...read, written];
      acknowledge(fn.role, Object.fromEntries(keys.map((some) => [wildcard(`Resource::${data.bucketSpelling}/${some}`), everyTenant])));
    }
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'drift-scan',
      functions: { DriftScan: fn },
      alarms: data.alarms,
    });
    // A scan that fails is recorded and fails nothing else: a run that fails has not come so far as to plan one.
    const alarm = this.machine.machine.metricFailed().createAlarm(this, 'Failed', {
      alarmDescription: 'A run of a monitor failed before its scans were planned, so no scan says why. See docs/runbooks/scan-failed.md',
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(data.alarms));
  }
}
