import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import type { DataStack } from '../stacks/data.ts';
import type { NetworkStack } from '../stacks/network.ts';
import type { Workspace } from '../workspace.ts';
import { Machine } from './machine.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface RetrainingsProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** Whether drift starts a retraining: the machine that asks, and the function that decides and orders. */
export class Retrainings extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, { settings, workspace, network, data }: RetrainingsProps) {
    super(scope, id);
    const { fn } = new SluiceFunction(this, 'RetrainingStep', {
      name: 'retraining-step',
      settings,
      workspace,
      alarms: data.alarms,
      place: network.place,
      timeout: Duration.seconds(30),
      environment: {
        POSTGRES_SECRET_ARN: data.stores.postgres.secretArn,
        BELL_TABLE: data.tables.bell.tableName,
        TRAINING_INSTANCE_TYPES: settings.trainingInstanceTypes.join(','),
      },
    });
    data.stores.postgres.grantRead(fn);
    data.tables.bell.grant(fn, 'dynamodb:PutItem');
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'retraining',
      functions: { RetrainingStep: fn },
      alarms: data.alarms,
    });
  }
}
