import { Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import { Machine, type MachineProps } from './machine.ts';

export interface TrainingMachineProps extends Omit<MachineProps, 'name' | 'functions' | 'recorder'> {
  /** By the names that the definition uses. */
  readonly functions: Readonly<Record<'DataStep' | 'EvaluateModel' | 'PipelineStep', IFunction>>;
  readonly trainingRole: IRole;
}

/** The machine that orders the steps of one execution of a pipeline, and starts its training job. */
export class TrainingMachine extends Machine {
  constructor(scope: Construct, id: string, { trainingRole, ...props }: TrainingMachineProps) {
    super(scope, id, { ...props, name: 'training', recorder: props.functions.PipelineStep });
    const stack = Stack.of(this);
    const jobs = stack.formatArn({ service: 'sagemaker', resource: 'training-job', resourceName: 'sluice-*' });
    this.allow({
      actions: ['CreateTrainingJob', 'DescribeTrainingJob', 'StopTrainingJob', 'AddTags', 'ListTags'].map(
        (action) => `sagemaker:${action}`,
      ),
      resources: [jobs],
    });
    this.allow({
      actions: ['iam:PassRole'],
      resources: [trainingRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
    });
    // How the service itself hears that a job has ended.
    this.allow({
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      resources: [
        stack.formatArn({ service: 'events', resource: 'rule', resourceName: 'StepFunctionsGetEventsForSageMakerTrainingJobsRule' }),
      ],
    });
    acknowledge(this.machine.role, {
      [wildcard('Resource::arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:training-job/sluice-*')]:
        'Every job has a new name, and all begin alike.',
    });
  }
}
