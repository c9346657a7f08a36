import { readFileSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge, anyVersionOf, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

export interface TrainingMachineProps {
  readonly settings: Settings;
  /** `state-machines/training.asl.json` */
  readonly definition: string;
  /** By the names that the definition uses. */
  readonly functions: Readonly<Record<'DataStep' | 'EvaluateModel' | 'PipelineStep', IFunction>>;
  readonly trainingRole: IRole;
  readonly alarms: ITopic;
}

/** Known before the machine is made: what may be done to its executions is granted by their name. */
export function trainingMachineName({ stage }: Settings): string {
  return `sluice-${stage}-training`;
}

/** The machine that orders the steps of one execution. Its log holds the data too: only ids and verdicts travel through it. */
export class TrainingMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, { settings, definition, functions, trainingRole, alarms }: TrainingMachineProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: trainingMachineName(settings),
      definitionBody: DefinitionBody.fromString(readFileSync(definition, 'utf8')),
      definitionSubstitutions: Object.fromEntries(Object.entries(functions).map(([name, { functionArn }]) => [name, functionArn])),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // CloudWatch's resource policy for log deliveries is short; this prefix is the one it grants at once.
          logGroupName: `/aws/vendedlogs/states/${trainingMachineName(settings)}`,
          retention: settings.logRetentionDays,
          removalPolicy: dataRemoval(settings),
        }),
        level: LogLevel.ALL,
        includeExecutionData: true,
      },
    });
    for (const fn of Object.values(functions)) fn.grantInvoke(this.machine);
    const allow = (statement: { actions: string[]; resources: string[]; conditions?: Record<string, unknown> }) =>
      this.machine.addToRolePolicy(new PolicyStatement(statement));
    const jobs = stack.formatArn({ service: 'sagemaker', resource: 'training-job', resourceName: 'sluice-*' });
    allow({
      actions: ['CreateTrainingJob', 'DescribeTrainingJob', 'StopTrainingJob', 'AddTags', 'ListTags'].map(
        (action) => `sagemaker:${action}`,
      ),
      resources: [jobs],
    });
    allow({
      actions: ['iam:PassRole'],
      resources: [trainingRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
    });
    // How the service itself hears that a job has ended.
    allow({
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      resources: [
        stack.formatArn({ service: 'events', resource: 'rule', resourceName: 'StepFunctionsGetEventsForSageMakerTrainingJobsRule' }),
      ],
    });
    acknowledge(this.machine.role, {
      [wildcard('Resource::*')]:
        'X-Ray and the deliveries of logs take no resource; a test names the only actions that may be granted on everything.',
      [wildcard('Resource::arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:training-job/sluice-*')]:
        'Every job has a new name, and all begin alike.',
      ...Object.fromEntries(Object.values(functions).map((fn) => [anyVersionOf(fn), 'Invokes the step it orders.'])),
    });
    // An execution that fails has recorded why, and mostly was refused: that is no news. These two ends nobody records on the way.
    const silent = {
      TimedOut: { metric: this.machine.metricTimedOut(), ended: 'ran into the time limit of the whole machine' },
      Aborted: { metric: this.machine.metricAborted(), ended: 'was aborted from outside' },
    };
    for (const [name, { metric, ended }] of Object.entries(silent)) {
      const alarm = metric.createAlarm(this, name, {
        alarmDescription: `A training execution ${ended}`,
        threshold: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(new SnsAction(alarms));
    }
  }
}
