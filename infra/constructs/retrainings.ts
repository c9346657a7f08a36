import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Machine } from './machine.ts';
import { type LoopPartProps, stepFunction } from './step-function.ts';

/** Whether drift starts a retraining: the machine that asks, and the function that decides and orders. */
export class Retrainings extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, part: LoopPartProps) {
    super(scope, id);
    const { settings, workspace, data } = part;
    const fn = stepFunction(this, 'RetrainingStep', part, {
      name: 'retraining-step',
      timeout: Duration.seconds(30),
      environment: { TRAINING_INSTANCE_TYPES: settings.trainingInstanceTypes.join(',') },
    });
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'retraining',
      functions: { RetrainingStep: fn },
      recorder: fn,
      alarms: data.alarms,
    });
  }
}
