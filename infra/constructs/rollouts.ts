import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { DataStack } from '../stacks/data.ts';
import type { NetworkStack } from '../stacks/network.ts';
import type { Workspace } from '../workspace.ts';
import { Machine } from './machine.ts';
import { OutsideEnds } from './outside-ends.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface RolloutsProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** How a version takes over: the machine that orders the steps, and the function that moves shares and judges. */
export class Rollouts extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, { settings, workspace, network, data }: RolloutsProps) {
    super(scope, id);
    const { fn } = new SluiceFunction(this, 'RolloutStep', {
      name: 'rollout-step',
      settings,
      workspace,
      alarms: data.alarms,
      place: network.place,
      timeout: Duration.minutes(1),
      memoryMb: 1024,
      environment: {
        POSTGRES_SECRET_ARN: data.stores.postgres.secretArn,
        MONGO_SECRET_ARN: data.stores.mongo.secretArn,
        DATA_BUCKET: data.bucket.bucketName,
        ROUTING_TABLE: data.tables.routing.tableName,
        BELL_TABLE: data.tables.bell.tableName,
      },
    });
    data.stores.postgres.grantRead(fn);
    data.stores.mongo.grantRead(fn);
    data.tables.routing.grant(fn, 'dynamodb:GetItem', 'dynamodb:PutItem');
    data.tables.bell.grant(fn, 'dynamodb:PutItem');
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [data.bucket.arnForObjects('tenants/*/artifacts/*')] }));
    // Without it S3 answers 403 instead of 404 for an object that is not there.
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }));
    if (fn.role) {
      acknowledge(fn.role, {
        [wildcard(`Resource::${data.bucketSpelling}/tenants/*/artifacts/*`)]:
          'It compares with the training profile of any tenant’s model; the key comes from the registry, never from a caller.',
      });
    }
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'rollout',
      functions: { RolloutStep: fn },
      alarms: data.alarms,
    });
    new OutsideEnds(this, 'OutsideEnds', { settings, machine: this.machine.machine, recorder: fn, alarms: data.alarms });
  }
}
