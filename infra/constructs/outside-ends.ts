import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import { deadLetters } from './dead-lettered-queue.ts';

export interface OutsideEndsProps {
  readonly settings: Settings;
  readonly machine: StateMachine;
  /** Writes down how an execution ended, unless that is written already. */
  readonly recorder: Lambda;
  readonly alarms: ITopic;
}

/**
 * Hears of executions that ended where no state of the machine could write it down: stopped by a person, out of time, or broken
 * outside a task. The ends that the machine recorded itself come by too and change nothing.
 */
export class OutsideEnds extends Construct {
  constructor(scope: Construct, id: string, { settings, machine, recorder, alarms }: OutsideEndsProps) {
    super(scope, id);
    const unrecorded = deadLetters(this, 'Unrecorded', alarms);
    const rule = new Rule(this, 'Ended', {
      description: `Sluice ${settings.stage}: writes down what ended where no state could`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [machine.stateMachineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
    });
    rule.addTarget(new LambdaFunction(recorder, { deadLetterQueue: unrecorded, retryAttempts: 185, maxEventAge: Duration.hours(24) }));
    recorder.configureAsyncInvoke({ retryAttempts: 2, onFailure: new SqsDestination(unrecorded) });
  }
}
