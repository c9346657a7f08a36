import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { DataStack } from '../stacks/data.ts';
import type { NetworkStack } from '../stacks/network.ts';
import type { Workspace } from '../workspace.ts';
import { Machine } from './machine.ts';
import { OutsideEnds } from './outside-ends.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface BatchPredictionsProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly network: NetworkStack;
  readonly data: DataStack;
  /** DuckDB and ONNX Runtime. */
  readonly layers: readonly ILayerVersion[];
}

/** Predictions for whole files: the machine that plans, scores part by part and merges, and the function that does it. */
export class BatchPredictions extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, { settings, workspace, network, data, layers }: BatchPredictionsProps) {
    super(scope, id);
    const { fn } = new SluiceFunction(this, 'BatchStep', {
      name: 'batch-step',
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
        DATA_BUCKET: data.bucket.bucketName,
        BELL_TABLE: data.tables.bell.tableName,
      },
    });
    data.stores.postgres.grantRead(fn);
    data.tables.bell.grant(fn, 'dynamodb:PutItem');
    const read = ['tenants/*/batch-inputs/*', 'tenants/*/artifacts/*', 'tenants/*/batches/*'];
    const written = 'tenants/*/batches/*';
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: read.map((keys) => data.bucket.arnForObjects(keys)) }));
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [data.bucket.arnForObjects(written)] }));
    // Without it S3 answers 403 instead of 404 for an object that is not there.
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }));
    if (fn.role) {
      const everyTenant = "Serves every tenant's batches; its keys are made from the batch, never by a caller.";
      acknowledge(fn.role, Object.fromEntries(read.map((keys) => [wildcard(`Resource::${data.bucketSpelling}/${keys}`), everyTenant])));
    }
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'batch-prediction',
      functions: { BatchStep: fn },
      alarms: data.alarms,
    });
    new OutsideEnds(this, 'OutsideEnds', { settings, machine: this.machine.machine, recorder: fn, alarms: data.alarms });
  }
}
