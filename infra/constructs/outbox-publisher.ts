import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { type EventBus, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { Workspace } from '../workspace.ts';
import type { ControlTables } from './control-tables.ts';
import { deadLetters } from './dead-lettered-queue.ts';
import { type Machine, machineName } from './machine.ts';
import type { Schedules } from './schedules.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface OutboxPublisherProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly alarms: ITopic;
  readonly tables: ControlTables;
  readonly bus: EventBus;
  /** Every machine that a message may order an execution of. */
  readonly machines: readonly Machine[];
  readonly reader: SluiceFunction;
  readonly schedules: Schedules;
}

/** Carries committed outbox messages to where they go. Woken by the bell's stream, outside the VPC because it calls AWS; it asks `reader`, inside, for the rows. A schedule wakes it for the bells that the stream has lost, for machines that ended without a word, and to count what is overdue. */
export class OutboxPublisher extends Construct {
  constructor(scope: Construct, id: string, props: OutboxPublisherProps) {
    super(scope, id);
    const { settings, workspace, alarms, tables, bus, machines, reader, schedules } = props;
    const byName = (of: (machine: Machine) => string) =>
      Stack.of(this).toJsonString(Object.fromEntries(machines.map((machine) => [machine.name, of(machine)])));
    const { fn } = new SluiceFunction(this, 'Publisher', {
      name: 'publish-outbox',
      caller: 'stream',
      settings,
      workspace,
      alarms,
      timeout: Duration.minutes(2),
      environment: {
        READ_OUTBOX_FUNCTION: reader.fn.functionName,
        BELL_TABLE: tables.bell.tableName,
        OPEN_TABLE: tables.open.tableName,
        DUE_TABLE: tables.due.tableName,
        MEMBERSHIP_TABLE: tables.memberships.tableName,
        EVENT_BUS_NAME: bus.eventBusName,
        STATE_MACHINES: byName(({ machine }) => machine.stateMachineArn),
        RECORDERS: byName(({ recorder }) => recorder.functionName),
        SCHEDULES: schedules.setting,
      },
    });
    fn.addEventSource(
      new DynamoEventSource(tables.bell, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 10,
        // Writes of one intent stay in order; intents do not wait for each other's transaction.
        parallelizationFactor: 10,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: 20,
        onFailure: new SqsDlq(deadLetters(this, 'Unpublished', alarms)),
      }),
    );
    const sweep = new Rule(this, 'Sweep', {
      description: `Sluice ${settings.stage}: finds bells that the stream has lost, machines that are gone, and what is overdue`,
      schedule: Schedule.rate(Duration.minutes(settings.sweepMinutes)),
    });
    // What fails is not repeated: the next one comes anyway.
    for (const event of [{ sweep: true }, { recover: true }, { overdue: true }])
      sweep.addTarget(new LambdaFunction(fn, { event: RuleTargetInput.fromObject(event) }));
    fn.configureAsyncInvoke({ retryAttempts: 0 });
    acknowledge(sweep, { 'Serverless-EventBusDLQ': 'A tick carries nothing: the next one, minutes later, finds the same bells.' });
    acknowledge(fn.node.findChild('EventInvokeConfig'), {
      'Serverless-LambdaAsyncFailureDestination':
        'A sweep that failed left its bells hanging; the next sweep is its repetition, and the alarm on errors rings.',
    });

    schedules.grantWrite(fn);
    bus.grantPutEventsTo(fn);
    for (const { machine, waitsForAnswers } of machines) {
      machine.grantStartExecution(fn);
      if (waitsForAnswers) machine.grant(fn, 'states:SendTaskSuccess');
    }
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [reader.fn.functionArn, ...machines.map(({ recorder }) => recorder.functionArn)],
      }),
    );
    const stack = Stack.of(this);
    const executions = machines.map(({ name }) => `${machineName(settings, name)}:*`);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['states:DescribeExecution'],
        resources: executions.map((resourceName) =>
          stack.formatArn({ service: 'states', resource: 'execution', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
        ),
      }),
    );
    tables.memberships.grant(fn, 'dynamodb:PutItem');
    tables.bell.grant(fn, 'dynamodb:DeleteItem', 'dynamodb:Scan');
    tables.open.grant(fn, 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:Scan');
    tables.due.grant(fn, 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Scan');
    if (fn.role) {
      acknowledge(fn.role, {
        ...Object.fromEntries(
          executions.map((each) => [
            wildcard(`Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${each}`),
            'Looks at executions of the machines that it starts; each is named by its id.',
          ]),
        ),
      });
    }
  }
}
