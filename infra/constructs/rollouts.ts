import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Machine } from './machine.ts';
import { OutsideEnds } from './outside-ends.ts';
import { type LoopPartProps, stepFunction } from './step-function.ts';

/** How a version takes over: the machine that orders the steps, and the function that moves shares and judges. */
export class Rollouts extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, part: LoopPartProps) {
    super(scope, id);
    const { settings, workspace, data } = part;
    const fn = stepFunction(this, 'RolloutStep', part, {
      name: 'rollout-step',
      timeout: Duration.minutes(1),
      memoryMb: 1024,
      environment: { ROUTING_TABLE: data.tables.routing.tableName },
      mongo: true,
      objects: {
        read: ['tenants/*/artifacts/*'],
        written: [],
        reason: 'It compares with the training profile of any tenant’s model; the key comes from the registry, never from a caller.',
      },
    });
    data.tables.routing.grant(fn, 'dynamodb:GetItem', 'dynamodb:PutItem');
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'rollout',
      functions: { RolloutStep: fn },
      recorder: fn,
      alarms: data.alarms,
    });
    new OutsideEnds(this, 'OutsideEnds', { settings, machine: this.machine.machine, recorder: fn, alarms: data.alarms });
  }
}
